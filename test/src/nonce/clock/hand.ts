import { BlockClock, type BlockTimes } from "../../../../src/nonce/index.ts";

export const slots12: BlockTimes = {
  ...{ slotMs: 12_000, window: 64, delayMs: 900, delayOffMs: 100, noiseMs: 100, keepsSlots: true },
  looksMs: [-100, 0, 100, 1_000],
};
export const ownTime: BlockTimes = {
  ...{ slotMs: 1_000, window: 64, delayMs: 0, delayOffMs: 50, noiseMs: 20, keepsSlots: false },
  looksMs: [],
};

/** A clock whose monotonic time is moved by hand, and a chain whose slots are counted from 1,600,000,000. */
export class Hand {
  /** True chain time less monotonic time. */
  readonly offsetMs: number;
  readonly times: BlockTimes;
  readonly clock: BlockClock;
  monotonicMs = 5_000;
  #number = 0;

  constructor(times: BlockTimes = slots12, offsetMs = 1_600_000_000_000) {
    this.times = times;
    this.offsetMs = offsetMs;
    this.clock = new BlockClock({ times, monotonic: () => this.monotonicMs });
  }

  /** True chain time now. */
  get trueMs(): number {
    return this.monotonicMs + this.offsetMs;
  }

  /** How far the clock is off now. */
  get errorMs(): number {
    return this.clock.now() - this.trueMs;
  }

  pass(ms: number): void {
    this.monotonicMs += ms;
  }

  /** Goes on to the next slot's start and lets its block be seen `delayMs` after it, by looks that are `coarseMs` apart. */
  slot({ delayMs = this.times.delayMs, coarseMs = 20, hash = "", shiftS = 0 } = {}): string {
    const { slotMs } = this.times;
    const start = Math.floor(this.trueMs / slotMs) * slotMs + slotMs;
    this.monotonicMs = start + delayMs - this.offsetMs;
    const number = ++this.#number;
    const block = { number, hash: hash || `0x${number}`, timestamp: start / 1_000 + shiftS };
    this.clock.observe({ ...block, seenAtMs: this.monotonicMs, notBeforeMs: this.monotonicMs - coarseMs });
    return block.hash;
  }

  /** So many slots whose blocks come up to 200 ms after the p10, in turn. */
  slots(count: number, options: { readonly shiftS?: number; readonly lateMs?: number } = {}): void {
    const { shiftS = 0, lateMs = 0 } = options;
    for (let i = 0; i < count; i++) this.slot({ delayMs: this.times.delayMs + lateMs + (i % 10) * 20, shiftS });
  }
}
