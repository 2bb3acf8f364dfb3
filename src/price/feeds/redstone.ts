import { z } from "zod";
import { checksumAddress } from "../../address.ts";
import { systemClock } from "../../clock.ts";
import { lowerMedian } from "../agree.ts";
import { feedUrl, getJson } from "./bounded-json.ts";
import { FeedAnswerInvalid, FeedSignersTooFew, InvalidFeed } from "./errors.ts";
import { hexOf } from "./eth-call.ts";
import { aheadSeconds, checkedFeed, type FeedOptions, type PriceFeed } from "./price-feed.ts";
import { dataPackage, type SignedPrice, signedPrice } from "./redstone-package.ts";

export interface RedstoneOptions extends FeedOptions {
  /** Of a gateway's newest packages; it is believed nothing, since every package is signed. */
  readonly url: string;
  /** The feed's id in the packages: `ETH`. */
  readonly feedId: string;
  /** Name of the package list in the answer; by default the feed's id. */
  readonly packageId?: string | undefined;
  /** Addresses whose signatures count. */
  readonly signers: readonly string[];
  /** How many of them there must be at least; more than half, so that two readings share one that is honest. */
  readonly threshold: number;
  /** Default 1 MiB. */
  readonly maxBytes?: number | undefined;
}

/** Packages that are looked at; each costs a recovery, and a service has a handful of signers. */
const mostPackages = 64;

/**
 * The lower median of what authorised signers signed, as of the oldest package among them. Of a signer the newest package
 * counts; one who signed two prices for one time counts not at all.
 * @throws InvalidFeed
 */
export function redstoneFeed(options: RedstoneOptions): PriceFeed {
  const { name, feedId, packageId = feedId, threshold, clock = systemClock, maxBytes = 1_048_576, maxAgeSeconds = 60 } = options;
  const url = feedUrl(name, options.url);
  const signers = signersOf(options);
  return checkedFeed(options, async (signal) => {
    const prices = pricesIn(name, await getJson({ name, url, maxBytes, signal }), packageId, feedId);
    const authorised = prices.filter(({ signer }) => signers.has(signer));
    const [earliest, latest] = [clock.now() - maxAgeSeconds * 1_000, clock.now() + aheadSeconds * 1_000];
    const timely = authorised.filter(({ timestampMs }) => timestampMs >= earliest && timestampMs <= latest);
    const counted = oneForEach(timely);
    const price = lowerMedian(counted.map((each) => each.price).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    if (counted.length < threshold || price === undefined) {
      const left = `${prices.length - authorised.length} packages of others, ${authorised.length - timely.length} too old or from the future`;
      throw new FeedSignersTooFew(name, counted.length, threshold, left);
    }
    return { price, timestamp: Math.floor(Math.min(...counted.map(({ timestampMs }) => timestampMs)) / 1_000) };
  });
}

function signersOf({ name, signers, threshold }: RedstoneOptions): ReadonlySet<string> {
  const addresses = new Set(signers.map((text) => checksumAddress(Buffer.from(hexOf(name, text, 20, "signer").slice(2), "hex"))));
  if (!Number.isSafeInteger(threshold) || 2 * threshold <= addresses.size || threshold > addresses.size) {
    throw new InvalidFeed(name, `its threshold is not more than half of its ${addresses.size} signers`);
  }
  return addresses;
}

/** What the answer's packages say of a feed. One that cannot be read does not hide the others. */
function pricesIn(name: string, answer: unknown, packageId: string, feedId: string): SignedPrice[] {
  const lists = z.record(z.string(), z.unknown()).safeParse(answer);
  const list = lists.success && Object.hasOwn(lists.data, packageId) ? lists.data[packageId] : undefined;
  if (!Array.isArray(list)) throw new FeedAnswerInvalid(name, `no packages ${packageId}`);
  if (list.length > mostPackages) throw new FeedAnswerInvalid(name, `more than ${mostPackages} packages`);
  return list.flatMap((each: unknown) => {
    const read = dataPackage.safeParse(each);
    return (read.success ? signedPrice(read.data, feedId) : undefined) ?? [];
  });
}

function oneForEach(prices: readonly SignedPrice[]): SignedPrice[] {
  return [...Map.groupBy(prices, ({ signer }) => signer).values()].flatMap((own) => {
    const newest = Math.max(...own.map(({ timestampMs }) => timestampMs));
    const [first, ...others] = own.filter(({ timestampMs }) => timestampMs === newest);
    return first === undefined || others.some(({ price }) => price !== first.price) ? [] : [first];
  });
}
