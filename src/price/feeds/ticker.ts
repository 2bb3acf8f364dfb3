import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { feedUrl, getJson } from "./bounded-json.ts";
import { parsePrice } from "./decimals.ts";
import { FeedAnswerInvalid, InvalidFeed } from "./errors.ts";
import { checkedFeed, type FeedOptions, type PriceFeed } from "./price-feed.ts";

export interface TickerOptions extends FeedOptions {
  readonly url: string;
  /** Where the price is in the JSON, names and positions with dots: `data.0.last`. A number, or one in a text. */
  readonly pricePath: string;
  /** Where its time is: seconds or milliseconds since 1970, or a date of ISO 8601. Without it: when it was asked for. */
  readonly timePath?: string | undefined;
  /** Default 64 KiB. */
  readonly maxBytes?: number | undefined;
}

const path = z.string().regex(/^[^.]{1,64}(\.[^.]{1,64}){0,15}$/);
const amount = z.union([z.number(), z.string().max(80)]);
const time = z.union([
  z.number().nonnegative(),
  z
    .string()
    .regex(/^[0-9]{1,16}$/)
    .transform(Number),
  z.iso.datetime({ offset: true }).transform(Date.parse),
]);

/** The last second that is taken for one; what is larger are milliseconds. */
const lastSecond = 1e11;

/**
 * A price out of a JSON answer over HTTPS. Nothing but the server's certificate vouches for it.
 * @throws InvalidFeed
 */
export function tickerFeed(options: TickerOptions): PriceFeed {
  const { name, clock = systemClock, maxBytes = 65_536 } = options;
  const url = feedUrl(name, options.url);
  const pricePath = stepsOf(name, options.pricePath, "pricePath");
  const timePath = options.timePath === undefined ? undefined : stepsOf(name, options.timePath, "timePath");
  return checkedFeed(options, async (signal) => {
    const askedAt = Math.floor(clock.now() / 1_000); // what is worth now was worth it then at the latest
    const answer = await getJson({ name, url, maxBytes, signal });
    const price = parsePrice(String(taken(name, answer, pricePath, amount)));
    if (price === undefined) throw new FeedAnswerInvalid(name, `no decimal number at ${pricePath.join(".")}`);
    if (timePath === undefined) return { price, timestamp: askedAt };
    const told = taken(name, answer, timePath, time);
    return { price, timestamp: Math.floor(told > lastSecond ? told / 1_000 : told) };
  });
}

function stepsOf(name: string, text: string, what: string): string[] {
  if (!path.safeParse(text).success) throw new InvalidFeed(name, `its ${what} is not names with dots between them`);
  return text.split(".");
}

/** What stands at a path, own properties alone, and is what it should be. */
function taken<T>(name: string, answer: unknown, steps: readonly string[], schema: z.ZodType<T>): T {
  const found = steps.reduce<unknown>((value, step) => {
    const holds = typeof value === "object" && value !== null && Object.hasOwn(value, step);
    return holds ? (value as Record<string, unknown>)[step] : undefined;
  }, answer);
  const checked = schema.safeParse(found);
  if (checked.success) return checked.data;
  throw new FeedAnswerInvalid(name, found === undefined ? `nothing at ${steps.join(".")}` : `not what is wanted at ${steps.join(".")}`);
}
