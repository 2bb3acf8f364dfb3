import { type Clock, systemClock } from "../../clock.ts";
import { fits, widths } from "../widths.ts";
import { FeedAnswerInvalid, FeedAssetUnknown, FeedPriceFromTheFuture, FeedPriceOutOfRange, FeedPriceStale, InvalidFeed } from "./errors.ts";
import { inTime } from "./in-time.ts";

/** What a feed says an asset was worth. */
export interface Reading {
  /** With 8 decimals, 1..2^64 - 1. */
  readonly price: bigint;
  /** When it was worth that, by the feed, in seconds since 1970. */
  readonly timestamp: number;
}

/** Where prices come from: one place, asked anew each time. */
export interface PriceFeed {
  /** For people and for reports; no URL, no key. */
  readonly name: string;
  /**
   * @param asset the asset's number in the circuit, 64 bits
   * @throws FeedError; the signal's reason, once it aborts
   */
  fetch(asset: bigint, signal: AbortSignal): Promise<Reading>;
}

/** What every feed is given. */
export interface FeedOptions {
  readonly name: string;
  /** The one asset that it has the price of; 64 bits. */
  readonly asset: bigint;
  readonly clock?: Clock;
  /** Default 5 seconds. */
  readonly timeoutMs?: number | undefined;
  /** Default one minute. Feeds that update by heartbeat need more than their heartbeat. */
  readonly maxAgeSeconds?: number | undefined;
  /** The range within which its price is believed, 8 decimals. */
  readonly lowest?: bigint | undefined;
  readonly highest?: bigint | undefined;
}

/** How far a feed's clock may be ahead of ours. */
export const aheadSeconds = 15;

const highestPrice = (1n << BigInt(widths.PRICE_BITS)) - 1n;

/**
 * A feed out of what reads it: holds every reading to asset, time, range and age, so that no adapter can forget one.
 * @param read gives what the place says, unchecked; 8 decimals
 * @throws InvalidFeed
 */
export function checkedFeed(options: FeedOptions, read: (signal: AbortSignal) => Promise<Reading>): PriceFeed {
  const { name, asset, clock = systemClock, timeoutMs = 5_000 } = options;
  if (!fits(asset, widths.ASSET_BITS)) throw new InvalidFeed(name, "its asset is not a number of 64 bits");
  if ((options.lowest ?? 1n) > (options.highest ?? highestPrice)) throw new InvalidFeed(name, "its lowest price is above its highest");
  return {
    name,
    async fetch(asked, signal) {
      if (asked !== asset) throw new FeedAssetUnknown(name, asked, asset);
      const reading = await inTime({ name, timeoutMs, clock, signal }, read);
      checkReading(reading, options, Math.floor(clock.now() / 1_000));
      return reading;
    },
  };
}

function checkReading({ price, timestamp }: Reading, { name, maxAgeSeconds = 60, ...range }: FeedOptions, now: number): void {
  const lowest = max(range.lowest ?? 1n, 1n);
  const highest = min(range.highest ?? highestPrice, highestPrice);
  if (price < lowest || price > highest) throw new FeedPriceOutOfRange(name, price, lowest, highest);
  if (!fits(timestamp, widths.TIME_BITS)) throw new FeedAnswerInvalid(name, "its time is not a whole number of 40 bits");
  if (timestamp > now + aheadSeconds) throw new FeedPriceFromTheFuture(name, timestamp - now);
  if (now - timestamp > maxAgeSeconds) throw new FeedPriceStale(name, now - timestamp, maxAgeSeconds);
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
