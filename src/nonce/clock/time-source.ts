import type { Interval } from "./marzullo.ts";

/** What a time source said: real time (UTC) lay between the two at monotonic time `atMs`. */
export interface TimeReading {
  /** Milliseconds since the epoch. */
  readonly lowMs: number;
  readonly highMs: number;
  /** Monotonic milliseconds. */
  readonly atMs: number;
}

/** Somebody else who knows the time and proves who he is. */
export interface TimeSource {
  /** For people and errors; no secret in it. */
  readonly name: string;
  /** Asks once. @throws TimeSourceUnreadable */
  read(signal: AbortSignal): Promise<TimeReading>;
}

/** A reading as an offset from monotonic time, wider by what the clock may have drifted since. */
export function offsetOf({ lowMs, highMs, atMs }: TimeReading, nowMs: number, driftPerMs: number): Interval {
  const drift = Math.max(0, nowMs - atMs) * driftPerMs;
  return { low: lowMs - atMs - drift, high: highMs - atMs + drift };
}
