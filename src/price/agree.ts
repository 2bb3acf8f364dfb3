import { DeviationTooLarge, QuorumNotReached, type QuoteRefusal } from "./errors.ts";

/** What a set of usable prices must satisfy. */
export interface Terms {
  readonly quorum: number;
  readonly maxDeviationBps: number;
}

/** The element of sorted numbers that stands at floor((count - 1) / 2): never an average, so a price that somebody signed. */
export function lowerMedian(sorted: readonly bigint[]): bigint | undefined {
  return sorted[(sorted.length - 1) >> 1];
}

/** Whether prices are no further apart than the bound, in integers and strictly: exactly the bound is too much. */
export function withinDeviation(lowest: bigint, highest: bigint, maxDeviationBps: number): boolean {
  return (highest - lowest) * 10_000n < BigInt(maxDeviationBps) * lowest;
}

/**
 * What usable prices agree on; the circuit's AgreedPrice. Each price is 1..2^64 - 1.
 * @param refused what was wrong with the quotes that are not among them, for the error
 * @throws QuorumNotReached, DeviationTooLarge
 */
export function agreedPrice(prices: readonly bigint[], terms: Terms, refused: readonly QuoteRefusal[] = []): bigint {
  const sorted = [...prices].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [lowest, highest, price] = [sorted[0], sorted.at(-1), lowerMedian(sorted)];
  if (lowest === undefined || highest === undefined || price === undefined || sorted.length < terms.quorum) {
    throw new QuorumNotReached(sorted.length, terms.quorum, refused);
  }
  if (!withinDeviation(lowest, highest, terms.maxDeviationBps)) throw new DeviationTooLarge(lowest, highest, terms.maxDeviationBps);
  return price;
}
