import type { Account, Call } from "./account.ts";
import type { KeeperChain, Order, Survey } from "./keeper.ts";
import type { LeastGain } from "./gain.ts";
import { KnownPositions } from "./known-positions.ts";
import type { Liquidation } from "./liquidations.ts";
import { liquidation } from "./moves.ts";
import type { Block } from "./reads.ts";
import type { Vault } from "./vault.ts";

/** The chain as a keeper sees it: the vault, and the account that pays and sends. */
export class VaultKeeper implements KeeperChain {
  readonly #vault: Vault;
  readonly #account: Account;
  readonly #known: KnownPositions;

  readonly #leastGain: LeastGain;

  /** @param from the first block that can hold a position */
  constructor(vault: Vault, account: Account, from: number, leastGain: LeastGain = () => Promise.resolve(undefined)) {
    this.#leastGain = leastGain;
    this.#vault = vault;
    this.#account = account;
    this.#known = new KnownPositions(vault, from);
  }

  newest(): Promise<Block> {
    return this.#vault.newest();
  }

  async survey(at: Block): Promise<Survey> {
    const keys = await this.#known.upTo(at);
    const markets = new Map((await this.#vault.pools(at)).map((pool) => [pool.collateral, pool]));
    return {
      at,
      positions: await this.#vault.positions(at, keys),
      markets,
      aboveD18: await this.#leastGain(at, markets),
      balanceD18: await this.#vault.castOf(at, this.#account.address),
    };
  }

  async liquidate({ collateral, account: debtor, maxRepayD18 }: Liquidation): Promise<Order> {
    const call: Call = liquidation(this.#vault, collateral, debtor, maxRepayD18);
    const sent = await this.#account.broadcast(call);
    return { hash: sent.hash, receipt: () => this.#account.receiptOf(sent, call) };
  }
}
