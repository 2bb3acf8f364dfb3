import { isRpcError } from "../chain/rpc/rpc.ts";
import { type Liquidation, liquidations, type Market, type Position } from "./liquidations.ts";
import type { Block } from "./reads.ts";

/** What became of a liquidation's transaction, as far as is known. */
export type LiquidationFate =
  | { readonly kind: "on its way" }
  /** Nobody knows: something of it could not be read. */
  | { readonly kind: "unreadable"; readonly error: unknown }
  /** A canonical block has it. `hash` is of the attempt that was mined; once it is final, no reorg takes it away. */
  | { readonly kind: "liquidated"; readonly hash: string; readonly block: number; readonly isFinal: boolean }
  /** A canonical block has it, and it changed nothing: somebody else was quicker. */
  | { readonly kind: "reverted"; readonly hash: string; readonly block: number; readonly isFinal: boolean; readonly error: unknown }
  /** Its nonce is another transaction's for good: it never liquidates. */
  | { readonly kind: "gone"; readonly error: unknown };

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
  newest(): Promise<Block>;
  /** Positions, terms, prices and balance, all read under this block. */
  survey(at: Block): Promise<Survey>;
  /**
   * Sends it, and has it sent until it is mined. Returns the hash of its first attempt.
   * @throws ContractRefused where somebody else was quicker, and others: nothing was sent
   */
  liquidate(liquidation: Liquidation): Promise<string>;
  /** What became of transactions that it sent, by their first hashes and in their order. What cannot be read is a fate, too. */
  fates(hashes: readonly string[]): Promise<readonly LiquidationFate[]>;
  /** Its end was told. */
  heard(hash: string): Promise<void>;
}

interface Place {
  readonly hash: string;
  readonly collateral: string;
  readonly account: string;
}

/** What a keeper has to tell. */
export type KeeperEvent =
  | { readonly kind: "surveyed"; readonly block: number; readonly positions: number; readonly short: number }
  | ({ readonly kind: "sent"; readonly hash: string } & Liquidation)
  | ({ readonly kind: "liquidated"; readonly block: number } & Place)
  /** A reorg took the block away that it was told to be in; it is sent again. */
  | ({ readonly kind: "unconfirmed"; readonly block: number } & Place)
  /** Once for each transaction. One that reverted may still be reorganised, and liquidate then. */
  | ({ readonly kind: "failed"; readonly error: unknown } & Omit<Place, "hash"> & Partial<Pick<Place, "hash">>)
  | { readonly kind: "trouble"; readonly error: unknown };

/** A liquidation that was sent and is not final. */
interface SentLiquidation {
  readonly liquidation: Liquidation;
  /** Of the first attempt. */
  readonly hash: string;
  fate: LiquidationFate;
  /** Where it was last told to be mined; undefined where that was taken back. */
  told: { readonly hash: string; readonly block: number } | undefined;
  hasFailed: boolean;
}

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
  /** By the first hash, in the order of sending. */
  readonly #sent = new Map<string, SentLiquidation>();

  constructor(chain: KeeperChain, { onEvent }: { readonly onEvent: (event: KeeperEvent) => void }) {
    this.#chain = chain;
    this.#onEvent = onEvent;
  }

  /** How many of its transactions no block is known to have. */
  get inFlight(): number {
    return [...this.#sent.values()].filter(({ fate }) => !("block" in fate)).length;
  }

  /** Reads under the newest block, decides and sends. @throws RpcUnanswered, RpcRefused from reading; what fails in sending is told */
  async pass(): Promise<void> {
    const at = await this.#chain.newest();
    await this.settle();
    const { positions, markets, balanceD18, aboveD18 } = await this.#chain.survey(at);
    const isBusy = (position: Position) => this.#isBusy(position, at);
    const chosen = liquidations(positions, markets, balanceD18 - this.#spoken(at), at.timestamp, isBusy, aboveD18);
    this.#onEvent({ kind: "surveyed", block: at.number, positions: positions.length, short: chosen.length });
    for (const liquidation of chosen) await this.#send(liquidation);
  }

  /** Asks what became of all that was sent. One that cannot be read is told, and hinders none of the others. */
  async settle(): Promise<void> {
    const sent = [...this.#sent.values()];
    const fates = await this.#chain.fates(sent.map(({ hash }) => hash));
    for (const [i, each] of sent.entries()) await this.#hear(each, fates[i] ?? { kind: "on its way" });
  }

  async #hear(sent: SentLiquidation, fate: LiquidationFate): Promise<void> {
    const { hash: first, liquidation, told } = sent;
    const { collateral, account } = liquidation;
    sent.fate = fate;
    if (fate.kind === "unreadable") this.#onEvent({ kind: "trouble", error: fate.error });
    if (fate.kind === "on its way" && told) {
      sent.told = undefined;
      this.#onEvent({ kind: "unconfirmed", ...told, collateral, account });
    }
    if (fate.kind === "liquidated" && (told?.block !== fate.block || told.hash !== fate.hash)) {
      const { hash, block } = fate;
      sent.told = { hash, block };
      this.#onEvent({ kind: "liquidated", hash, block, collateral, account });
      await this.#chain.heard(first);
    }
    if ((fate.kind === "reverted" || fate.kind === "gone") && !sent.hasFailed) {
      sent.hasFailed = true;
      this.#onEvent({ kind: "failed", hash: "hash" in fate ? fate.hash : first, collateral, account, error: fate.error });
      await this.#chain.heard(first);
    }
    if (fate.kind === "gone" || ("isFinal" in fate && fate.isFinal)) this.#sent.delete(first);
  }

  async #send(liquidation: Liquidation): Promise<void> {
    const { collateral, account } = liquidation;
    try {
      const hash = await this.#chain.liquidate(liquidation);
      this.#sent.set(hash, { liquidation, hash, fate: { kind: "on its way" }, told: undefined, hasFailed: false });
      this.#onEvent({ kind: "sent", hash, ...liquidation });
    } catch (error) {
      this.#onEvent({ kind: "failed", collateral, account, error });
    }
  }

  #isBusy(position: Pick<Position, "collateral" | "account">, at: Block): boolean {
    return this.#above(at).some(({ liquidation }) => isSame(liquidation, position));
  }

  /** What transactions on their way will take from the balance that was read. */
  #spoken(at: Block): bigint {
    return this.#above(at).reduce((sum, { liquidation }) => sum + liquidation.repaidD18, 0n);
  }

  /** Those whose effect is not, or may not be, in what is read under this block. */
  #above(at: Block): SentLiquidation[] {
    return [...this.#sent.values()].filter(({ fate }) => !("block" in fate) || fate.block > at.number);
  }
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Resolves when it may be worth to look for a new block; at once when the signal aborts. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: KeeperEvent) => void;
}

/** A pass for each new block until the signal aborts, which never cuts a pass short. What cannot be read is told and tried again. */
export async function follow(keeper: Keeper, chain: KeeperChain, { signal, pause, onEvent }: FollowOptions): Promise<void> {
  let seen = "";
  while (!signal.aborted) {
    try {
      const { hash } = await chain.newest();
      if (hash !== seen) await keeper.pass();
      seen = hash;
    } catch (error) {
      if (!isRpcError(error)) throw error;
      onEvent({ kind: "trouble", error });
    }
    await pause(signal);
  }
}

/** Waits until nothing of the keeper's is on its way, or the signal aborts. */
export async function settled(keeper: Keeper, { signal, pause, onEvent }: FollowOptions): Promise<void> {
  while (keeper.inFlight > 0 && !signal.aborted) {
    try {
      await keeper.settle();
    } catch (error) {
      if (!isRpcError(error)) throw error;
      onEvent({ kind: "trouble", error });
    }
    if (keeper.inFlight > 0) await pause(signal);
  }
}
