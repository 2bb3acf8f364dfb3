import type { Clock } from "../../../../src/clock.ts";

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  #now = 1_000_000;
  #waiting: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) resolve();
      this.#waiting.push({ until: this.#now + ms, wake: resolve });
      signal?.addEventListener("abort", () => {
        resolve();
      });
    });
  }

  /** Moves on and wakes whoever has waited long enough. */
  move(ms: number): void {
    this.#now += ms;
    const due = this.#waiting.filter(({ until }) => until <= this.#now);
    this.#waiting = this.#waiting.filter((one) => !due.includes(one));
    for (const { wake } of due) wake();
  }

  /** Pauses that nothing has ended yet. */
  get waiting(): number {
    return this.#waiting.length;
  }
}
