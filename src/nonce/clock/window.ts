import type { BlockTimes } from "./block-times.ts";
import { quantileOf } from "./quantile.ts";

/** A block as it was first seen. */
export interface SeenBlock {
  readonly number: number;
  readonly hash: string;
  /** Seconds since the epoch, as the block says. */
  readonly timestamp: number;
  /** Monotonic milliseconds of the answer that showed it first. */
  readonly seenAtMs: number;
  /**
   * Monotonic milliseconds of the last question whose answer did not have it yet, so that how coarsely one looked is known.
   * Without it the block was told of the moment it came.
   */
  readonly notBeforeMs?: number;
}

/** What the window says of the chain's time. */
export interface Estimate {
  /** Milliseconds to add to monotonic time for chain time. */
  readonly offsetMs: number;
  /** How far that may be off, without what the clock has drifted since the window's blocks. */
  readonly boundMs: number;
  /** Monotonic milliseconds that the window's blocks were seen at, on the average: the drift counts from there. */
  readonly atMs: number;
  /** Monotonic milliseconds less the timestamp, of the arrival that one block in ten stays below. */
  readonly p10Ms: number;
}

/** A sample: monotonic time less the block's timestamp, between `low` and `high`. */
interface Sample {
  readonly hash: string;
  readonly timestamp: number;
  readonly seenAtMs: number;
  readonly low: number;
  readonly high: number;
}

/** Blocks before anything is said. */
export const MIN_SAMPLES = 8;

/** Blocks in a row that contradict the window after which they replace it. One alone may be an endpoint's fault. */
const contradictions = 2;

/** Blocks in a row that come more than a slot late after which something is wrong. */
const lateInARow = 8;

/** A block this much earlier than any possible one contradicts the window, however well its time is known. */
const leastContradictionMs = 250;

/** Standard errors in the bound: more than 999 of 1,000 readings lie within (bench/clock.ts). */
const standardErrors = 2.33;

const filter = 0.1;

/**
 * The newest blocks and when each was first seen: monotonic time disciplined to block timestamps.
 *
 * A block comes late by the proposer's, the network's and the endpoint's delay, never early. So the low end of the delays is
 * steady where their mean is not, and missed slots, slow blocks and blocks of a reorg that are seen late do not move it. The
 * p10 and not the least delay, since that one is a single block's word.
 */
export class Window {
  readonly #times: BlockTimes;
  #samples: Sample[] = [];
  /** Blocks in a row that are impossible by the window: too early, or off the slots. */
  #contradicting: Sample[] = [];
  /** Whether a block that was not seen as it came was there before it can have been made: then the window is wrong. */
  #isBehind = false;
  /** Blocks in a row that came more than a slot late. */
  #late: Sample[] = [];
  #estimate: Estimate | undefined;

  constructor(times: BlockTimes) {
    this.#times = times;
  }

  get size(): number {
    return this.#samples.length;
  }

  /** What the blocks say; undefined before there are enough of them. */
  get estimate(): Estimate | undefined {
    return this.#samples.length < MIN_SAMPLES ? undefined : this.#estimate;
  }

  /** Where the next arrivals are expected, however few blocks there are: to look at the right time, not to tell the time. */
  get expectedMs(): number | undefined {
    return this.#estimate?.p10Ms;
  }

  get doubt(): "contradicted" | "late blocks" | undefined {
    if (this.#isBehind || this.#contradicting.length > 0) return "contradicted";
    return this.#late.length >= lateInARow ? "late blocks" : undefined;
  }

  /** Takes a block in. One that nobody looked for when it came says nothing and is passed over. */
  add({ hash, timestamp, seenAtMs, notBeforeMs = seenAtMs }: SeenBlock): void {
    const { slotMs, keepsSlots } = this.#times;
    if (seenAtMs - notBeforeMs > slotMs || this.#knows(hash)) return;
    const sample = { hash, timestamp, seenAtMs, low: notBeforeMs - timestamp * 1_000, high: seenAtMs - timestamp * 1_000 };
    const late = this.#isLate(sample);
    const impossible = this.#isEarly(sample) || this.#isOffSlots(sample);
    this.#late = late ? [...this.#late, sample].slice(-lateInARow) : [];
    this.#contradicting = impossible ? [...this.#contradicting, sample] : [];
    if (!impossible) this.#isBehind = false;
    if (this.#contradicting.length + Number(this.#isBehind) >= contradictions) this.#beginAnew(this.#contradicting);
    // Of a chain that keeps real time, late blocks mean that it or the endpoint is behind; of another one, that its time was set back.
    else if (this.#late.length >= lateInARow && !keepsSlots) this.#beginAnew(this.#late);
    else if (!late && !impossible) this.#samples = [...this.#samples, sample].slice(-this.#times.window);
    this.#reckon();
  }

  /**
   * Takes note of a block that was not seen as it came. It may have been there for long and is no sample, but one that is
   * there before it can have been made contradicts the window, as an endpoint shows that was slots behind and is not any more.
   */
  pass({ timestamp, seenAtMs }: Pick<SeenBlock, "timestamp" | "seenAtMs">): void {
    if (this.#isEarly({ high: seenAtMs - timestamp * 1_000 })) this.#isBehind = true;
  }

  /** Forgets blocks that are not canonical any more. */
  remove(hashes: ReadonlySet<string>): void {
    const stays = ({ hash }: Sample): boolean => !hashes.has(hash);
    this.#samples = this.#samples.filter(stays);
    this.#contradicting = this.#contradicting.filter(stays);
    this.#late = this.#late.filter(stays);
    this.#reckon();
  }

  #beginAnew(samples: Sample[]): void {
    this.#samples = samples;
    this.#contradicting = [];
    this.#isBehind = false;
    this.#late = [];
  }

  #knows(hash: string): boolean {
    return [this.#samples, this.#contradicting, this.#late].some((list) => list.some((sample) => sample.hash === hash));
  }

  /** Seen before it can have been made. */
  #isEarly({ high }: Pick<Sample, "high">): boolean {
    const { delayMs, delayOffMs } = this.#times;
    return this.#estimate !== undefined && high < this.#estimate.p10Ms - Math.max(delayMs + delayOffMs, leastContradictionMs);
  }

  #isLate({ low }: Sample): boolean {
    return this.#estimate !== undefined && low > this.#estimate.p10Ms + this.#times.slotMs;
  }

  /** Slots begin at multiples of the slot from the genesis: all timestamps leave the same rest. */
  #isOffSlots({ timestamp }: Sample): boolean {
    const { slotMs, keepsSlots } = this.#times;
    const first = this.#samples[0];
    return keepsSlots && first !== undefined && ((timestamp - first.timestamp) * 1_000) % slotMs !== 0;
  }

  #reckon(): void {
    const samples = this.#samples;
    if (samples.length === 0) {
      this.#estimate = undefined;
      return;
    }
    const { delayMs, delayOffMs, noiseMs } = this.#times;
    const latest = quantileOf(samples.map(({ high }) => high).sort(ascending), filter);
    const earliest = quantileOf(samples.map(({ low }) => low).sort(ascending), filter);
    const middles = samples.map(({ low, high }) => (low + high) / 2).sort(ascending);
    const p10Ms = quantileOf(middles, filter);
    const spread = quantileOf(middles, 0.25) - quantileOf(middles, 0.05);
    // The density of the arrivals around their p10 gives the standard error of the p10.
    const error = Math.max(noiseMs, (spread / 0.2) * Math.sqrt(filter * (1 - filter))) / Math.sqrt(samples.length);
    // Looks fall anywhere in a slot, so what is not known of each arrival between two of them averages out, up to its square.
    const unlooked = (latest - earliest) / 2;
    const coarse = unlooked < spread ? unlooked ** 2 / spread : unlooked;
    this.#estimate = {
      p10Ms,
      offsetMs: delayMs - p10Ms,
      boundMs: delayOffMs + standardErrors * error + coarse,
      atMs: samples.reduce((sum, { seenAtMs }) => sum + seenAtMs, 0) / samples.length,
    };
  }
}

const ascending = (a: number, b: number): number => a - b;
