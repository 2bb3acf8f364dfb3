import { MAX_SKEW_SECONDS, VALIDITY_SECONDS } from "../voucher/index.ts";
import { WindowOutOfRange } from "./errors.ts";

/** Seconds that a window may begin ahead: a year. Further off it is a mistake of units more likely than a plan. */
export const MAX_AHEAD_SECONDS = 366 * 86_400;

/** @throws WindowOutOfRange unless `from` is a whole second whose window is still open at `now`, or opens within a year. */
export function checkWindow(from: number, now: number): void {
  if (!Number.isSafeInteger(from) || from < 0) throw new WindowOutOfRange(from, now, "does not begin with a whole second since 1970");
  if (hasPassed(from, now)) throw new WindowOutOfRange(from, now, "has passed");
  if (from > now + MAX_AHEAD_SECONDS) throw new WindowOutOfRange(from, now, "begins more than a year ahead");
}

/** Whether a voucher of this second can be redeemed no more. Same comparison as in the contract. */
export const hasPassed = (second: number, now: number): boolean => now > second + VALIDITY_SECONDS;

/** Whether a voucher of this second cannot be redeemed yet. Same comparison as in the contract. */
export const isAhead = (second: number, now: number): boolean => second > now + MAX_SKEW_SECONDS;
