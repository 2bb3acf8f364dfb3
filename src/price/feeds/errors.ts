import { MintdError } from "../../error.ts";

/**
 * A feed gave no price that may be signed. Costs this feed's quote and no other. Messages name the feed and a host at most:
 * whole URLs may hold keys, and what a server or node says may repeat them.
 */
export abstract class FeedError extends MintdError {
  /** Name of the feed or source. */
  readonly feed: string;
  constructor(feed: string, problem: string, hint: string) {
    super(`price feed ${feed}: ${problem}`, { hint });
    this.feed = feed;
  }
}

/** No answer within the time given to it. */
export class FeedTimedOut extends FeedError {
  readonly code = "FEED_TIMED_OUT";
  constructor(feed: string, timeoutMs: number) {
    super(feed, `no answer within ${timeoutMs} ms`, "it is asked again with the next price; if it is always slow, raise its timeout");
  }
}

/** The connection failed. */
export class FeedUnreachable extends FeedError {
  readonly code = "FEED_UNREACHABLE";
  constructor(feed: string, why: string) {
    super(feed, `cannot be reached: ${why}`, "check its URL and the network; it is asked again with the next price");
  }
}

/** It answered, and with no price: an HTTP error, a redirect, a call that reverts. */
export class FeedRefused extends FeedError {
  readonly code = "FEED_REFUSED";
  constructor(feed: string, answer: string) {
    super(feed, `refused: ${answer}`, "check its URL, address and feed id; redirects are never followed, so name the last place");
  }
}

/** The answer is larger than it may be; the rest of it was not read. */
export class FeedAnswerTooLarge extends FeedError {
  readonly code = "FEED_ANSWER_TOO_LARGE";
  constructor(feed: string, maxBytes: number) {
    super(feed, `the answer has more than ${maxBytes} bytes`, "ask for less, for one asset alone, or raise its maxBytes");
  }
}

/** The answer is not of the form that this kind of feed has. */
export class FeedAnswerInvalid extends FeedError {
  readonly code = "FEED_ANSWER_INVALID";
  constructor(feed: string, problem: string) {
    super(feed, `the answer cannot be read: ${problem}`, "check that the feed is of the configured kind, and its paths");
  }
}

/** Zero, negative, more than 64 bits with 8 decimals, or outside of the range that was set for the feed. */
export class FeedPriceOutOfRange extends FeedError {
  readonly code = "FEED_PRICE_OUT_OF_RANGE";
  constructor(feed: string, price: bigint, lowest: bigint, highest: bigint) {
    const range = `${lowest.toString()} to ${highest.toString()}`;
    super(feed, `${price.toString()} (8 decimals) is not within ${range}`, "compare with other feeds before you widen its range");
  }
}

/** Older than the feed's price may be. */
export class FeedPriceStale extends FeedError {
  readonly code = "FEED_PRICE_STALE";
  constructor(feed: string, ageSeconds: number, maxAgeSeconds: number) {
    const problem = `its price is ${ageSeconds} s old, ${maxAgeSeconds} s are allowed`;
    super(feed, problem, "wait for its next update; maxAgeSeconds must be longer than the pause between two updates");
  }
}

/** Dated after now: the feed's clock or this machine's is wrong. */
export class FeedPriceFromTheFuture extends FeedError {
  readonly code = "FEED_PRICE_FROM_THE_FUTURE";
  constructor(feed: string, aheadSeconds: number) {
    super(feed, `its price is dated ${aheadSeconds} s ahead`, "check this machine's clock, then the feed's");
  }
}

/** The feed itself says that it is not sure enough of the price. */
export class FeedPriceUncertain extends FeedError {
  readonly code = "FEED_PRICE_UNCERTAIN";
  constructor(feed: string, price: bigint, confidence: bigint, maxConfidenceBps: number) {
    const problem = `its price is ${price.toString()} ± ${confidence.toString()}, more than ${maxConfidenceBps} hundredths of a percent`;
    super(feed, problem, "wait until its publishers agree");
  }
}

/** The rollup's sequencer makes no blocks: what is on chain is what it was before, and few can act on it. */
export class FeedSequencerDown extends FeedError {
  readonly code = "FEED_SEQUENCER_DOWN";
  constructor(feed: string, problem: string) {
    super(
      feed,
      `the rollup's sequencer is down: ${problem}`,
      "wait until it is back and its grace period is over; check this machine's clock too",
    );
  }
}

/** The sequencer came back a moment ago: prices on chain may not have caught up with the market. */
export class FeedSequencerJustBack extends FeedError {
  readonly code = "FEED_SEQUENCER_JUST_BACK";
  constructor(feed: string, upSeconds: number, graceSeconds: number) {
    const problem = `the rollup's sequencer is back since ${upSeconds} s, its prices count after more than ${graceSeconds} s`;
    super(feed, problem, "wait until its grace period is over");
  }
}

/** Nobody says whether the rollup's sequencer is up: its uptime feed has no valid round, or is no such feed. */
export class FeedSequencerUnknown extends FeedError {
  readonly code = "FEED_SEQUENCER_UNKNOWN";
  constructor(feed: string, problem: string) {
    super(feed, `its sequencer uptime feed ${problem}`, "check that sequencer.address is the network's sequencer uptime feed");
  }
}

/** On a rollup it must be said who tells that the sequencer is up, or that nobody does. */
export class FeedSequencerMissing extends FeedError {
  readonly code = "FEED_SEQUENCER_MISSING";
  constructor(feed: string, network: string) {
    const problem = `${network} is or may be a rollup, and it has no sequencer uptime feed to ask`;
    super(feed, problem, 'set its sequencer to { address: "0x…", graceSeconds: 3600 }, or to none where the network has no such feed');
  }
}

/** Too few of the authorised signers signed a price that is new enough. */
export class FeedSignersTooFew extends FeedError {
  readonly code = "FEED_SIGNERS_TOO_FEW";
  constructor(feed: string, counted: number, threshold: number, left: string) {
    const problem = `${counted} authorised signers gave a usable price, ${threshold} are needed${left === "" ? "" : ` (${left})`}`;
    super(feed, problem, "check the list of signers; it is asked again with the next price");
  }
}

/** A feed was asked for an asset that is not its own: signing that would be a false quote. */
export class FeedAssetUnknown extends FeedError {
  readonly code = "FEED_ASSET_UNKNOWN";
  constructor(feed: string, asset: bigint, own: bigint) {
    super(feed, `asked for asset ${asset.toString()}, it has ${own.toString()}`, "ask the feeds that are configured for this asset");
  }
}

/** Something threw that is no answer of a feed: a mistake in the program. Its message is left out, since it may hold a key. */
export class FeedBroken extends FeedError {
  readonly code = "FEED_BROKEN";
  constructor(feed: string, thrown: unknown) {
    super(feed, `threw ${thrown instanceof Error ? thrown.name : typeof thrown}`, "this is a mistake in the feed's program; report it");
  }
}

/** A feed cannot be made of these settings. */
export class InvalidFeed extends FeedError {
  readonly code = "INVALID_FEED";
  constructor(feed: string, problem: string) {
    super(feed, problem, "correct its settings by docs/prices.md");
  }
}
