import { alignToSecond } from "../hybrid-nonce.ts";
import type { BlockTimes } from "./block-times.ts";
import { ClockUncertain, type Doubt, MAX_BOUND_MS } from "./errors.ts";
import { nextLookMs } from "./looks.ts";
import { type Interval, marzullo } from "./marzullo.ts";
import { Slew } from "./slew.ts";
import { offsetOf, type TimeReading } from "./time-source.ts";
import { type Estimate, type SeenBlock, Window } from "./window.ts";

export interface BlockClockOptions {
  readonly times: BlockTimes;
  /** Milliseconds that never go backward and that setting the system's clock does not move: performance.now. */
  readonly monotonic: () => number;
}

/** What the clock knows at a moment. */
export interface ClockReading {
  /** Chain time, milliseconds since the epoch; undefined before there are enough blocks. */
  readonly nowMs: number | undefined;
  /** Chain time less monotonic time, in milliseconds; undefined with `nowMs`. */
  readonly offsetMs: number | undefined;
  /** How far `nowMs` may be off, in milliseconds; infinite where nothing is known. */
  readonly boundMs: number;
  /** Blocks in the window. */
  readonly samples: number;
  /** Time sources heard of late, and how many at most, the blocks counted as one, admit the same time. */
  readonly sources: number;
  readonly agreeing: number;
  /** Whether hybrid vouchers may be issued. */
  readonly withinBound: boolean;
  /** Why they may not; undefined where they may. */
  readonly doubt: Doubt | undefined;
}

/** How much a computer's clock gains or loses: quartz stays below 50 parts in a million, the rest is for one that is being slewed. */
export const DRIFT_PER_MS = 60e-6;

/** A source that was not heard for so long is not asked to agree any more. */
const sourceStaleMs = 3_600_000;

/** A newest block that should come only so much later is ahead of the window. */
const aheadMs = 250;

/** Slots without a block after which the chain is said to stall. */
const stalledSlots = 4;

interface Known {
  readonly offsetMs: number;
  readonly boundMs: number;
  readonly agreeing: number;
  readonly doubt: Doubt | undefined;
}

/**
 * Chain time between blocks: monotonic time, disciplined to the timestamps of the newest blocks ({@link Window}) and, where
 * there are any, to authenticated time sources. The two are intersected by Marzullo's algorithm, and where no majority
 * agrees the clock says so instead of choosing. The time never goes backward.
 *
 * What remains: an endpoint that was the same number of whole slots behind from the first block on looks like one that is
 * not, and the clock is late by as much. Time sources show that.
 *
 * @example
 * const clock = new BlockClock({ times: networkOf(1).blockTimes, monotonic: () => performance.now() });
 * clock.observe({ number, hash, timestamp, seenAtMs: performance.now(), notBeforeMs });
 * clock.second(); // for a hybrid nonce; throws ClockUncertain unless it is known to within ±500 ms
 */
export class BlockClock {
  readonly #times: BlockTimes;
  readonly #monotonic: () => number;
  readonly #window: Window;
  readonly #slew = new Slew();
  readonly #sources = new Map<string, TimeReading>();
  /** The newest block that was seen, sample or not. */
  #newest: Pick<SeenBlock, "timestamp" | "seenAtMs" | "notBeforeMs"> | undefined;

  constructor({ times, monotonic }: BlockClockOptions) {
    this.#times = times;
    this.#monotonic = monotonic;
    this.#window = new Window(times);
  }

  /** Takes in a new block of the canonical chain as it comes. */
  observe(block: SeenBlock): void {
    this.#newest = block;
    this.#window.add(block);
  }

  /** Takes in a new block that was not seen as it came: it says which slot is the next, and nothing of the time. */
  pass(block: Pick<SeenBlock, "timestamp" | "seenAtMs">): void {
    this.#newest = block;
    this.#window.pass(block);
  }

  /** Forgets blocks that the chain took back. */
  orphaned(hashes: Iterable<string>): void {
    this.#window.remove(new Set(hashes));
  }

  /** Takes in what a time source said. The last word of each counts. Without effect where the chain has a time of its own. */
  hear(source: string, reading: TimeReading): void {
    if (this.#times.keepsSlots) this.#sources.set(source, reading);
  }

  /**
   * Chain time, milliseconds since the epoch; never less than before.
   * @throws ClockUncertain where too few blocks were seen to say anything
   */
  now(): number {
    const { nowMs, boundMs, doubt = "too few blocks" } = this.reading();
    if (nowMs === undefined) throw new ClockUncertain(doubt, boundMs);
    return nowMs;
  }

  /**
   * The whole second of chain time, for a hybrid nonce.
   * @throws ClockUncertain unless the time is known to within ±500 ms
   */
  second(): number {
    const { nowMs, boundMs, doubt } = this.reading();
    if (nowMs === undefined || doubt !== undefined) throw new ClockUncertain(doubt ?? "too few blocks", boundMs);
    return alignToSecond(nowMs);
  }

  /**
   * The whole second of chain time as well as it is known, for what is better judged by a doubtful time than not at all, such
   * as whether a window has passed. Never refuses: where the clock is in doubt, the newest block's second goes on by
   * monotonic time from when it was seen, since the chain's time goes on while no block comes.
   *
   * What remains: in doubt, a machine's clock that runs ahead makes it late by as much, and one that is behind does not show
   * that the first block seen was an old one. Where the chain has a time of its own, the machine's clock is asked last of all.
   * @param tipSecond of the newest block of a former run, where there is one
   * @param machineSecond by the system's clock
   */
  roughly(tipSecond: number | undefined, machineSecond: number): number {
    const { nowMs, withinBound } = this.reading();
    const byBlock = this.#newest ? alignToSecond(this.#newestNowMs(this.#newest)) : tipSecond;
    if (nowMs !== undefined && withinBound) return Math.max(byBlock ?? 0, alignToSecond(nowMs));
    if (byBlock !== undefined && !this.#times.keepsSlots) return byBlock;
    return Math.max(byBlock ?? 0, machineSecond);
  }

  /** What is known now. */
  reading(): ClockReading {
    const monotonicMs = this.#monotonic();
    const sources = this.#heard(monotonicMs);
    const shared = { samples: this.#window.size, sources: sources.length };
    const { estimate } = this.#window;
    if (!estimate) {
      const [nowMs, offsetMs] = [undefined, undefined];
      return { ...shared, nowMs, offsetMs, boundMs: Infinity, agreeing: 0, withinBound: false, doubt: "too few blocks" };
    }
    const known = this.#agree(estimate, sources, monotonicMs);
    const wantedMs = monotonicMs + known.offsetMs;
    const nowMs = this.#slew.show(monotonicMs, wantedMs);
    const slewing = Math.abs(nowMs - wantedMs);
    const boundMs = known.boundMs + slewing;
    const doubt = known.doubt ?? (boundMs <= MAX_BOUND_MS ? undefined : this.#tooWide(known.boundMs, monotonicMs));
    return {
      ...shared,
      ...{ nowMs, boundMs, doubt, agreeing: known.agreeing, offsetMs: nowMs - monotonicMs },
      withinBound: doubt === undefined,
    };
  }

  /**
   * Milliseconds until the chain is worth another look. The looks of a slot lie close together where one block in ten has
   * come, since these are what tells the time, and end when the block is there; they are no more than a steady poll's.
   * @param pollMs the pause of a steady poll, which it is while nothing is known, the chain stalls, or its newest block is
   *   ahead of what is known
   * @returns at most a slot and a steady poll: whatever the clock believes, minting depends on the looks
   */
  lookInMs(pollMs: number): number {
    const expectedMs = this.#window.expectedMs;
    if (expectedMs === undefined || this.#newest === undefined) return pollMs;
    const nowMs = this.#monotonic();
    const newestMs = this.#newest.timestamp * 1_000 + expectedMs;
    if (newestMs > nowMs + aheadMs || this.#window.doubt === "contradicted") return pollMs;
    const planned = (at: number): number => nextLookMs(this.#times, { pollMs, nowMs: at, expectedMs: newestMs });
    const { seenAtMs, notBeforeMs = seenAtMs } = this.#newest;
    // Found by the first look of its slot, it may have been there for long: one look between shows whether blocks come earlier.
    const betweenMs = seenAtMs - notBeforeMs > this.#times.slotMs / 2 ? seenAtMs + planned(seenAtMs) / 2 : 0;
    return Math.min(betweenMs > nowMs + 1 ? betweenMs - nowMs : planned(nowMs), this.#times.slotMs + pollMs);
  }

  /** The time since a block's timestamp is at least the time since it was seen. */
  #newestNowMs({ timestamp, seenAtMs }: Pick<SeenBlock, "timestamp" | "seenAtMs">): number {
    return timestamp * 1_000 + Math.max(0, this.#monotonic() - seenAtMs);
  }

  #heard(monotonicMs: number): Interval[] {
    const fresh = [...this.#sources.values()].filter(({ atMs }) => monotonicMs - atMs <= sourceStaleMs);
    return fresh.map((reading) => offsetOf(reading, monotonicMs, DRIFT_PER_MS));
  }

  /**
   * Blocks and sources together: from the first to the last value that more than half of them admit, or all that any of them
   * does where there is none. Two cannot outvote each other: where they overlap, the narrower one is taken whole.
   */
  #agree(estimate: Estimate, sources: readonly Interval[], monotonicMs: number): Known {
    const boundMs = estimate.boundMs + Math.max(0, monotonicMs - estimate.atMs) * DRIFT_PER_MS;
    const byBlocks = { low: estimate.offsetMs - boundMs, high: estimate.offsetMs + boundMs };
    const { doubt } = this.#window;
    if (doubt !== undefined) return { offsetMs: estimate.offsetMs, boundMs: Infinity, agreeing: 0, doubt };
    const all = [byBlocks, ...sources];
    const agreed = marzullo(all, Math.floor(all.length / 2) + 1);
    if (!agreed) {
      const hull = { low: Math.min(...all.map(({ low }) => low)), high: Math.max(...all.map(({ high }) => high)) };
      return { ...middleOf(hull), agreeing: 1, doubt: "sources disagree" };
    }
    const [other] = sources;
    const taken = other && all.length === 2 ? narrower(byBlocks, other) : agreed;
    return { ...middleOf(taken), agreeing: agreed.agreeing, doubt: undefined };
  }

  #tooWide(boundMs: number, monotonicMs: number): Doubt {
    if (boundMs <= MAX_BOUND_MS) return "catching up";
    const idleMs = monotonicMs - (this.#newest?.seenAtMs ?? monotonicMs);
    return idleMs > stalledSlots * this.#times.slotMs ? "stalled" : "spread";
  }
}

const middleOf = ({ low, high }: Interval): { offsetMs: number; boundMs: number } => ({
  offsetMs: (low + high) / 2,
  boundMs: (high - low) / 2,
});

const narrower = (a: Interval, b: Interval): Interval => (a.high - a.low <= b.high - b.low ? a : b);
