import { type Clock, systemClock } from "../../../src/clock.ts";

/**
 * The system clock, so many times as fast: what a service does after twelve seconds it then does after a fraction of one.
 * A step of the system clock is a step here, as many times as large.
 */
export function fasterClock(speed: number): Clock {
  const began = Date.now();
  return {
    now: () => began + (Date.now() - began) * speed,
    pause: (ms, signal) => systemClock.pause(ms / speed, signal),
  };
}
