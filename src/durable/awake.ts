import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../clock.ts";

/** Time whose pauses do not keep the process alive. */
export const quietClock: Clock = {
  now: () => Date.now(),
  async pause(ms, signal) {
    try {
      await sleep(ms, undefined, { ref: false, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};

/** Longest delay that a timer takes. */
const forever = 2 ** 31 - 1;

/** Keeps the process alive while somebody waits for an answer, and not a moment longer. */
export class Awake {
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) this.#timer = setInterval(() => undefined, forever);
    try {
      return await work();
    } finally {
      if (--this.#waiting === 0) clearInterval(this.#timer);
    }
  }
}
