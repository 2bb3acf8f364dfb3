import type { Anvil } from "../../anvil.ts";
import type { Branch } from "./branch.ts";
import type { Chain } from "./chain.ts";

/** Who earns the fork's blocks; makes them differ from the chain's own. */
const coinbase = `0x${"f".repeat(40)}`;

/** A second node that split off the chain and mines blocks of its own. */
export class Fork {
  readonly #anvil: Anvil;
  readonly #chain: Chain;
  readonly #branch: Branch;
  #tip: number;

  private constructor(anvil: Anvil, chain: Chain, branch: Branch) {
    this.#anvil = anvil;
    this.#chain = chain;
    this.#branch = branch;
    this.#tip = chain.tip;
  }

  /** @param ended called when nobody may see the fork any more, because it would bury blocks of the chain too deep */
  static async of(chain: Chain, ended: () => void): Promise<Fork> {
    const branch = await chain.save();
    const anvil = await chain.split(branch);
    await anvil.rpc.request("anvil_setCoinbase", [coinbase]);
    const fork = new Fork(anvil, chain, branch);
    branch.onGiveUp(async () => {
      ended();
      await anvil.kill();
    });
    return fork;
  }

  get url(): string {
    return this.#anvil.url;
  }

  async mine(): Promise<void> {
    await this.#chain.giveUpBranches(this.#tip + 1);
    if (this.#branch.isGivenUp) return;
    await this.#anvil.mine();
    this.#chain.shown(++this.#tip);
  }

  end(): Promise<void> {
    return this.#branch.giveUp();
  }
}
