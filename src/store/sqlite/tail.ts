import type { Position } from "../event-store.ts";

interface Waiter {
  readonly after: Position;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The newest position that this process knows of, and those who wait for a newer one. */
export class Tail {
  #head: Position;
  #waiters = new Set<Waiter>();
  #ended = false;
  #error: Error | undefined;
  /** Called when the first waiter comes and when the last has gone. */
  readonly #onInterest: (wanted: boolean) => void;

  constructor(head: Position, onInterest: (wanted: boolean) => void = () => undefined) {
    this.#head = head;
    this.#onInterest = onInterest;
  }

  get head(): Position {
    return this.#head;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Events up to `head` are committed. */
  advance(head: Position): void {
    if (head <= this.#head) return;
    this.#head = head;
    this.#leave((waiter) => waiter.after < head);
  }

  /** No more will come: all waiters return. */
  end(): void {
    this.#ended = true;
    this.#leave(() => true);
  }

  /** No more can come, and that is an error: all waiters throw it, and so do later ones. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#leave(() => true);
  }

  /** Resolves when the head is beyond `after`, at the end, or when `signal` aborts. @throws what `fail` was given */
  async beyond(after: Position, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#ended || this.#head > after) return;
    if (this.#error !== undefined) throw this.#error;
    let stop = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter = { after, resolve, reject };
        stop = () => {
          if (this.#waiters.delete(waiter) && this.#waiters.size === 0) this.#onInterest(false);
          resolve();
        };
        signal.addEventListener("abort", stop, { once: true });
        this.#waiters.add(waiter);
        if (this.#waiters.size === 1) this.#onInterest(true);
      });
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #leave(which: (waiter: Waiter) => boolean): void {
    if (this.#waiters.size === 0) return;
    for (const waiter of this.#waiters) {
      if (!which(waiter)) continue;
      this.#waiters.delete(waiter);
      if (this.#error === undefined || this.#ended || this.#head > waiter.after) waiter.resolve();
      else waiter.reject(this.#error);
    }
    if (this.#waiters.size === 0) this.#onInterest(false);
  }
}
