/** The chain's time between blocks, with a bound on how far it may be off. */
export type { BlockTimes } from "./block-times.ts";
export { BlockClock, type BlockClockOptions, type ClockReading, DRIFT_PER_MS } from "./block-clock.ts";
export { ClockUncertain, type Doubt, MAX_BOUND_MS } from "./errors.ts";
export { follow, type HeadLook } from "./follow.ts";
export { type Agreement, type Interval, marzullo } from "./marzullo.ts";
export type { TimeReading, TimeSource } from "./time-source.ts";
export { MIN_SAMPLES, type SeenBlock } from "./window.ts";
