import type { FateTeller } from "./fates.ts";
import { type FateNews, InFlight, tellingDoubt, type WatchOptions } from "./in-flight.ts";
import { judge, type Liquidation, liquidations, type Market, type Position } from "./liquidations.ts";
import type { Block } from "./reads.ts";

/** All that a decision is made from, as of one block. */
export interface Survey {
  readonly at: Block;
  readonly positions: readonly Position[];
  readonly markets: ReadonlyMap<string, Market>;
  /** The keeper's own cast tokens. */
  readonly balanceD18: bigint;
  /** What a liquidation must gain more than; undefined: it need not gain. */
  readonly aboveD18?: bigint | undefined;
}

/** What a keeper asks of the chain. */
export interface KeeperChain {
  /** What became of what was sent. */
  readonly teller: FateTeller;
  newest(): Promise<Block>;
  /** Positions, terms, prices and balance, all read under this block. */
  survey(at: Block): Promise<Survey>;
  /**
   * Sends it, and has it sent until it is mined. Returns the hash of its first attempt.
   * @throws ContractRefused where somebody else was quicker, and others: nothing was sent
   */
  liquidate(liquidation: Liquidation): Promise<string>;
}

interface Place {
  /** Of the attempt that a block has, or of the first one. */
  readonly hash: string;
  /** Of the first attempt, as it was told to be sent. */
  readonly first: string;
  readonly collateral: string;
  readonly account: string;
}

/** What a pass found. */
interface Surveyed {
  readonly block: number;
  /** That may owe something. */
  readonly positions: number;
  /** To be liquidated now. */
  readonly short: number;
  /** Below their ratio, also those that are on their way, or that the balance or the gain does not allow. */
  readonly uncovered: number;
  /** That owe something in a market that is paused or without a fresh price. */
  readonly unjudged: number;
  /** The keeper's own cast tokens. */
  readonly balanceD18: bigint;
}

/** What a keeper has to tell. */
export type KeeperEvent =
  | ({ readonly kind: "surveyed" } & Surveyed)
  | ({ readonly kind: "sent"; readonly hash: string } & Liquidation)
  /** `again`: it was told before, and taken back. */
  | ({ readonly kind: "liquidated"; readonly block: number; readonly again: boolean } & Place & Pick<Liquidation, "repaidD18">)
  /** A reorg took the block away that it was told to be in, or to have failed in; it is on its way again. */
  | ({ readonly kind: "unconfirmed"; readonly block: number } & Place)
  /** Without hashes nothing was sent. One that reverted may still be reorganised, and liquidate then: "unconfirmed" comes first. */
  | ({ readonly kind: "failed"; readonly error: unknown } & Omit<Place, "hash" | "first"> & Partial<Pick<Place, "hash" | "first">>)
  | { readonly kind: "trouble"; readonly error: unknown };

const isSame = (one: Pick<Position, "collateral" | "account">, other: Pick<Position, "collateral" | "account">): boolean =>
  one.collateral === other.collateral && one.account === other.account;

/**
 * Liquidates what is below the ratio, pass by pass; one pass at a time.
 *
 * Race: a liquidation may be mined between what was read and what is decided, and be sent again. Mitigation: a position is
 * left alone until all of its transactions lie at or below the block that is read, and again while a reorg has taken one
 * back; each is kept until it is final. What remains: somebody else may be quicker, which costs the gas of a revert at most.
 */
export class Keeper {
  readonly #chain: KeeperChain;
  readonly #onEvent: (event: KeeperEvent) => void;
  readonly #sent: InFlight<Liquidation>;

  constructor(chain: KeeperChain, { onEvent }: { readonly onEvent: (event: KeeperEvent) => void }) {
    this.#chain = chain;
    this.#onEvent = onEvent;
    this.#sent = new InFlight(chain.teller, (news) => {
      onEvent(eventOf(news));
    });
  }

  /** How many of its transactions no block is known to have. */
  get inFlight(): number {
    return this.#sent.count;
  }

  /** Reads under the newest block, decides and sends. @throws RpcUnanswered, RpcRefused from reading; what fails in sending is told */
  async pass(): Promise<void> {
    const at = await this.#chain.newest();
    await this.settle();
    const { positions, markets, balanceD18, aboveD18 } = await this.#chain.survey(at);
    const isBusy = (position: Position) => this.#isBusy(position, at);
    const chosen = liquidations(positions, markets, balanceD18 - this.#spoken(at), at.timestamp, isBusy, aboveD18);
    const { uncovered, unjudged } = judge(positions, markets, at.timestamp);
    const counts = { positions: positions.length, short: chosen.length, uncovered: uncovered.length, unjudged };
    this.#onEvent({ kind: "surveyed", block: at.number, ...counts, balanceD18 });
    for (const liquidation of chosen) await this.#send(liquidation);
  }

  /** Asks what became of all that was sent. One that cannot be read is told, and hinders none of the others. */
  settle(): Promise<void> {
    return this.#sent.settle();
  }

  async #send(liquidation: Liquidation): Promise<void> {
    const { collateral, account } = liquidation;
    try {
      const hash = await this.#chain.liquidate(liquidation);
      this.#sent.put(hash, liquidation);
      this.#onEvent({ kind: "sent", hash, ...liquidation });
    } catch (error) {
      this.#onEvent({ kind: "failed", collateral, account, error });
    }
  }

  #isBusy(position: Pick<Position, "collateral" | "account">, at: Block): boolean {
    return this.#sent.above(at).some((liquidation) => isSame(liquidation, position));
  }

  /** What transactions on their way will take from the balance that was read. */
  #spoken(at: Block): bigint {
    return this.#sent.above(at).reduce((sum, { repaidD18 }) => sum + repaidD18, 0n);
  }
}

function eventOf(news: FateNews<Liquidation>): KeeperEvent {
  if (news.kind === "unreadable") return { kind: "trouble", error: news.error };
  const {
    of: { collateral, account, repaidD18 },
    ...told
  } = news;
  return told.kind === "mined" ? { ...told, kind: "liquidated", collateral, account, repaidD18 } : { ...told, collateral, account };
}

/** A pass for each new block until the signal aborts, which never cuts a pass short. What cannot be read is told and tried again. */
export async function follow(keeper: Keeper, chain: KeeperChain, { signal, pause, onEvent }: WatchOptions): Promise<void> {
  let seen = "";
  while (!signal.aborted) {
    await tellingDoubt(onEvent, async () => {
      const { hash } = await chain.newest();
      if (hash !== seen) await keeper.pass();
      seen = hash;
    });
    await pause(signal);
  }
}
