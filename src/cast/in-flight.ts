import { isRpcError } from "../chain/rpc/rpc.ts";
import type { Fate, FateTeller } from "./fates.ts";

/** What there is to tell of something that was sent. `hash` is of the attempt that a block has, or of the first one. */
export type FateNews<T> =
  | { readonly kind: "mined"; readonly of: T; readonly hash: string; readonly block: number }
  /** A reorg took the block away that it was told to be in; it is sent again. */
  | { readonly kind: "unconfirmed"; readonly of: T; readonly hash: string; readonly block: number }
  /** Once for each transaction. One that reverted may still be reorganised, and succeed then. */
  | { readonly kind: "failed"; readonly of: T; readonly hash: string; readonly error: unknown }
  | { readonly kind: "unreadable"; readonly of: T; readonly error: unknown };

interface Sent<T> {
  readonly of: T;
  /** Of the first attempt. */
  readonly hash: string;
  fate: Fate;
  /** Where it was last told to be mined; undefined where that was taken back. */
  told: { readonly hash: string; readonly block: number } | undefined;
  hasFailed: boolean;
}

/**
 * What a keeper has sent, each until its transaction is final or can never be mined.
 *
 * Race: a node that lags behind shows the chain as it was before a transaction was mined, and a reorg takes one back.
 * Mitigation: `above` names what the block that is read need not contain. What remains: nothing, as far as a final block stays.
 */
export class InFlight<T> {
  readonly #teller: FateTeller;
  readonly #onNews: (news: FateNews<T>) => void;
  /** By the first hash, in the order of sending. */
  readonly #sent = new Map<string, Sent<T>>();

  constructor(teller: FateTeller, onNews: (news: FateNews<T>) => void) {
    this.#teller = teller;
    this.#onNews = onNews;
  }

  /** How many transactions no block is known to have. */
  get count(): number {
    return [...this.#sent.values()].filter(({ fate }) => !("block" in fate)).length;
  }

  /** How many are remembered: a reorg may still take a mined one back. */
  get size(): number {
    return this.#sent.size;
  }

  /** @param hash of the first attempt */
  put(hash: string, of: T): void {
    this.#sent.set(hash, { of, hash, fate: { kind: "on its way" }, told: undefined, hasFailed: false });
  }

  /** What was sent for those whose effect is not, or may not be, in what is read under this block. */
  above(at: { readonly number: number }): T[] {
    return [...this.#sent.values()].filter(({ fate }) => !("block" in fate) || fate.block > at.number).map(({ of }) => of);
  }

  /** Asks what became of all that was sent. One that cannot be read is told, and hinders none of the others. */
  async settle(): Promise<void> {
    const sent = [...this.#sent.values()];
    const fates = await this.#teller.fates(sent.map(({ hash }) => hash));
    for (const [i, each] of sent.entries()) await this.#hear(each, fates[i] ?? { kind: "on its way" });
  }

  async #hear(sent: Sent<T>, fate: Fate): Promise<void> {
    const { hash: first, of, told } = sent;
    sent.fate = fate;
    if (fate.kind === "unreadable") this.#onNews({ kind: "unreadable", of, error: fate.error });
    if (fate.kind === "on its way" && told) {
      sent.told = undefined;
      this.#onNews({ kind: "unconfirmed", of, ...told });
    }
    if (fate.kind === "mined" && (told?.block !== fate.block || told.hash !== fate.hash)) {
      const { hash, block } = fate;
      sent.told = { hash, block };
      this.#onNews({ kind: "mined", of, hash, block });
      await this.#teller.heard(first);
    }
    if ((fate.kind === "reverted" || fate.kind === "gone") && !sent.hasFailed) {
      sent.hasFailed = true;
      this.#onNews({ kind: "failed", of, hash: "hash" in fate ? fate.hash : first, error: fate.error });
      await this.#teller.heard(first);
    }
    if (fate.kind === "gone" || ("isFinal" in fate && fate.isFinal)) {
      this.#sent.delete(first);
      this.#teller.forget(first);
    }
  }
}

/** How a keeper is run. */
export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Resolves when it may be worth to look for a new block; at once when the signal aborts. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: { readonly kind: "trouble"; readonly error: unknown }) => void;
}

/** Waits until nothing of a keeper's is on its way, or the signal aborts. What cannot be read is told, and asked for again. */
export async function settled(
  keeper: { readonly inFlight: number; settle(): Promise<void> },
  { signal, pause, onEvent }: WatchOptions,
): Promise<void> {
  while (keeper.inFlight > 0 && !signal.aborted) {
    await tellingDoubt(onEvent, () => keeper.settle());
    if (keeper.inFlight > 0) await pause(signal);
  }
}

/** Tells what could not be read; other errors go through. */
export async function tellingDoubt(onEvent: WatchOptions["onEvent"], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRpcError(error)) throw error;
    onEvent({ kind: "trouble", error });
  }
}
