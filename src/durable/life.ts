import { FinalBlocksLost } from "../chain/identity-errors.ts";
import { StoreClosed, StoreCorrupt, StoreWriteFailed, VersionConflict } from "../store/errors.ts";
import { DurableClosed, RecordInDoubt } from "./errors.ts";
import { hinted } from "./hints.ts";
import type { DurableNotice } from "./notices.ts";

export interface LifeParts {
  readonly address: string;
  readonly notify: ((notice: DurableNotice) => void) | undefined;
  /** Called once, when it cannot go on. */
  readonly onFail: () => void;
}

/** Whether an account's nonces go on: until they are closed, or something cannot be mended. Tells what happens on the way. */
export class Life {
  readonly #parts: LifeParts;
  readonly #closed = new AbortController();
  readonly #ended = new AbortController();
  #failure: unknown;

  constructor(parts: LifeParts) {
    this.#parts = parts;
  }

  /** Aborts when it is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Aborts when it is closed, or cannot go on. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get isOver(): boolean {
    return this.#closed.signal.aborted || this.#failure !== undefined;
  }

  /** @throws DurableClosed, or what stopped it */
  readonly checkAlive = (): void => {
    if (this.#failure !== undefined) throw this.#failure as Error;
    if (this.#closed.signal.aborted) throw new DurableClosed(this.#parts.address);
  };

  close(): void {
    this.#closed.abort();
    this.#ended.abort();
  }

  /** It cannot go on because of this error; only the first counts. */
  readonly fail = (error: unknown): void => {
    if (this.#failure !== undefined) return;
    this.#failure = hinted(error);
    this.#ended.abort();
    this.#parts.onFail();
    this.notify({ kind: "stopped", error });
  };

  /** A listener that fails is its owner's trouble: what is sent and followed does not depend on it. */
  readonly notify = (notice: DurableNotice): void => {
    try {
      const heard: unknown = this.#parts.notify?.(notice);
      if (heard instanceof Promise) heard.catch(() => undefined); // its owner's trouble
    } catch {
      // Its owner's trouble.
    }
  };

  /** Tells of an error after which it goes on. */
  readonly trouble = (error: unknown): void => {
    this.notify({ kind: "trouble", error: hinted(error) });
  };

  /** What fails for a while, such as a node, a signer or a fee cap, is told and tried again; what cannot be mended is thrown. */
  async orTrouble<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isFatal(error)) throw error;
      if (!this.#closed.signal.aborted) this.trouble(error);
      return undefined;
    }
  }
}

/** The record cannot be written any more, or is in doubt, or the chain is not the one of the record. */
const isFatal = (error: unknown): boolean =>
  (error instanceof StoreWriteFailed && error.permanent) ||
  [FinalBlocksLost, RecordInDoubt, StoreClosed, StoreCorrupt, VersionConflict].some((kind) => error instanceof kind);
