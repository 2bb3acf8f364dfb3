import type { Account } from "./account.ts";
import { SentCalls } from "./fates.ts";
import type { LeastGain } from "./gain.ts";
import type { KeeperChain, Survey } from "./keeper.ts";
import { KnownPositions } from "./known-positions.ts";
import type { Liquidation } from "./liquidations.ts";
import { liquidation } from "./moves.ts";
import type { Block } from "./reads.ts";
import type { Vault } from "./vault.ts";

/** The chain as a keeper sees it: the vault, and the account that pays and sends. */
export class VaultKeeper implements KeeperChain {
  readonly #vault: Vault;
  readonly #address: string;
  readonly teller: SentCalls;
  readonly #known: KnownPositions;
  readonly #leastGain: LeastGain;

  /** @param from the first block that can hold a position */
  constructor(vault: Vault, account: Account, from: number, leastGain: LeastGain = () => Promise.resolve(undefined)) {
    this.#vault = vault;
    this.#address = account.address;
    this.teller = new SentCalls(account);
    this.#known = new KnownPositions(vault, from);
    this.#leastGain = leastGain;
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
      balanceD18: await this.#vault.castOf(at, this.#address),
    };
  }

  liquidate({ collateral, account: debtor, maxRepayD18 }: Liquidation): Promise<string> {
    return this.teller.send(liquidation(this.#vault, collateral, debtor, maxRepayD18), `liquidation of ${debtor}`);
  }
}
