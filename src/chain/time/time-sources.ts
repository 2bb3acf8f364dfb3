import type { Clock } from "../../clock.ts";
import type { TimeReading, TimeSource } from "../../nonce/index.ts";
import { HttpsDate } from "./https-date.ts";

export interface TimeSourcesParts {
  readonly sources: readonly TimeSource[];
  readonly clock: Clock;
  /** Hears each reading. */
  readonly hear: (source: string, reading: TimeReading) => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Time between two readings of a source, and after one that failed. */
const pauses = { readMs: 600_000, failedMs: 60_000 };

/** Asks the time sources again and again, each by itself, until it is stopped. */
export class TimeSources implements AsyncDisposable {
  readonly #parts: TimeSourcesParts;
  readonly #over = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(parts: TimeSourcesParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loops = Promise.all(this.#parts.sources.map((source) => this.#follow(source)));
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#loops;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(source: TimeSource): Promise<void> {
    const { clock, hear, onTrouble } = this.#parts;
    const { signal } = this.#over;
    while (!signal.aborted) {
      let pauseMs = pauses.readMs;
      try {
        hear(source.name, await source.read(signal));
      } catch (error) {
        if (this.#over.signal.aborted) return;
        onTrouble(error);
        pauseMs = pauses.failedMs;
      }
      await clock.pause(pauseMs, signal);
    }
  }
}

/** The sources of the setting `clock.sources`: https URLs separated by commas, none where it is not set. */
export function timeSourcesOf(setting: string | undefined, clock: Clock, monotonic: () => number): TimeSource[] {
  const urls = (setting ?? "").split(",").map((url) => url.trim());
  return urls.filter((url) => url !== "").map((url) => new HttpsDate({ url, monotonic, pause: (ms, signal) => clock.pause(ms, signal) }));
}
