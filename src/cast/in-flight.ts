import { isRpcError } from "../chain/rpc/rpc.ts";
import type { Fate, FateTeller } from "./fates.ts";

/**
 * What there is to tell of something that was sent. The last of them is what is so: an end that is none any more is taken back by
 * "unconfirmed" before another one is told, also where nobody looked in between.
 */
export type FateNews<T> =
  /** `again`: it was told before, and taken back. */
  | ({ readonly kind: "mined"; readonly block: number; readonly again: boolean } & Attempt<T>)
  /** A reorg took the block away that it was told to be in, or to have failed in; it is on its way again. */
  | ({ readonly kind: "unconfirmed"; readonly block: number } & Attempt<T>)
  /** Once, until it is taken back: one that reverted may still be reorganised, and succeed then. */
  | ({ readonly kind: "failed"; readonly error: unknown } & Attempt<T>)
  | { readonly kind: "unreadable"; readonly of: T; readonly error: unknown };

interface Attempt<T> {
  readonly of: T;
  /** Of the attempt that a block has, or of the first one. */
  readonly hash: string;
  /** Of the first attempt: the same in all that is told of a transaction. */
  readonly first: string;
}

/** An end that was told, and stands. */
interface Told {
  readonly kind: "mined" | "failed";
  readonly hash: string;
  readonly block: number;
}

interface Sent<T> {
  readonly of: T;
  /** Of the first attempt. */
  readonly hash: string;
  fate: Fate;
  /** Undefined while none was told, and where the last one was taken back. */
  told: Told | undefined;
  /** Whether it was ever told to be mined. */
  wasMined: boolean;
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
    this.#sent.set(hash, { of, hash, fate: { kind: "on its way" }, told: undefined, wasMined: false });
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
    const { hash: first, of } = sent;
    sent.fate = fate;
    if (fate.kind === "unreadable") this.#onNews({ kind: "unreadable", of, error: fate.error });
    else if (!isTold(sent.told, fate)) {
      this.#takeBack(sent);
      if (fate.kind !== "on its way") await this.#tellEnd(sent, fate);
    }
    // Where it failed matters once that is taken back.
    if (fate.kind === "reverted") sent.told = { kind: "failed", hash: fate.hash, block: fate.block };
    if (fate.kind === "gone" || ("isFinal" in fate && fate.isFinal)) {
      this.#sent.delete(first);
      this.#teller.forget(first);
    }
  }

  #takeBack(sent: Sent<T>): void {
    const { told, of, hash: first } = sent;
    sent.told = undefined;
    if (told) this.#onNews({ kind: "unconfirmed", of, hash: told.hash, first, block: told.block });
  }

  async #tellEnd(sent: Sent<T>, fate: Exclude<Fate, { readonly kind: "on its way" | "unreadable" }>): Promise<void> {
    const { hash: first, of, wasMined } = sent;
    if (fate.kind === "mined") {
      const { hash, block } = fate;
      sent.told = { kind: "mined", hash, block };
      sent.wasMined = true;
      this.#onNews({ kind: "mined", of, hash, first, block, again: wasMined });
    } else {
      this.#onNews({ kind: "failed", of, hash: "hash" in fate ? fate.hash : first, first, error: fate.error });
    }
    await this.#teller.heard(first);
  }
}

/** Whether what was told last says it: that it failed is told once, in whatever block and for whatever reason. */
function isTold(told: Told | undefined, fate: Fate): boolean {
  if (fate.kind === "on its way" || !told) return fate.kind === "on its way" && !told;
  if (fate.kind === "mined") return told.kind === "mined" && told.hash === fate.hash && told.block === fate.block;
  return told.kind === "failed";
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
