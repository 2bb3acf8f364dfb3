/** The fastest that the time shown may gain or lose against the monotonic clock. */
const fastest = 0.1;

/** Behind by more than this, the time jumps forward: to slew would take longer than what waits for it. */
const mostSlewedMs = 1_000;

/** A time that follows another one without ever going backward. */
export class Slew {
  #atMs: number | undefined;
  #shownMs = 0;

  /**
   * The time to show at `monotonicMs`, where it should be `wantedMs`. It gains or loses a tenth at most, jumps only forward
   * and only where it is more than a second behind, and is never less than what was shown before.
   */
  show(monotonicMs: number, wantedMs: number): number {
    const passed = this.#atMs === undefined ? 0 : Math.max(0, monotonicMs - this.#atMs);
    const free = this.#shownMs + passed;
    const behind = wantedMs - free;
    if (this.#atMs === undefined || behind > mostSlewedMs) this.#shownMs = wantedMs;
    else this.#shownMs = free + Math.min(Math.max(behind, -fastest * passed), fastest * passed);
    this.#atMs = Math.max(this.#atMs ?? monotonicMs, monotonicMs);
    return this.#shownMs;
  }
}
