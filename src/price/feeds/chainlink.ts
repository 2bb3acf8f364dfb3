import { systemClock } from "../../clock.ts";
import { toPrice } from "./decimals.ts";
import { FeedAnswerInvalid } from "./errors.ts";
import { callWords, type EthReads, hexOf, selector, signed, unsigned } from "./eth-call.ts";
import { checkedFeed, type FeedOptions, type PriceFeed } from "./price-feed.ts";
import { LATEST_ROUND_DATA, type Sequencer, sequencerWatch } from "./sequencer.ts";

export interface ChainlinkOptions extends FeedOptions {
  /** Of the aggregator, or of the proxy before it. */
  readonly address: string;
  readonly rpc: EthReads;
  /** On a rollup: who says that its sequencer is up. Undefined: nobody is asked. */
  readonly sequencer?: Sequencer | undefined;
}

const DECIMALS = selector("decimals()");

/** More decimals than any aggregator has; 10^36 times a price still is a number of an int256. */
const mostDecimals = 36;

/**
 * The answer of a Chainlink-style aggregator's latest round. It moves when the price deviates or a heartbeat ends, so
 * `maxAgeSeconds` must be longer than the heartbeat, and its quotes are as old as its round.
 *
 * An aggregator may have bounds at which its answer stops while the market goes on: set `lowest` and `highest` inside them.
 *
 * With a `sequencer` all is read after one block, by its hash: the answer is one that the uptime feed vouched for.
 * Without one there are two calls of the newest block, which may be two blocks; decimals never change.
 * @throws InvalidFeed
 */
export function chainlinkFeed(options: ChainlinkOptions): PriceFeed {
  const { name, rpc, sequencer, clock = systemClock } = options;
  const to = hexOf(name, options.address, 20, "address");
  const blockOfUp = sequencer && sequencerWatch({ name, rpc, sequencer, clock });
  return checkedFeed(options, async () => {
    const block = await blockOfUp?.();
    const [[decimalsWord], [, answer, , updatedAt]] = await Promise.all([
      callWords(name, rpc, { to, data: DECIMALS }, 1, block),
      callWords(name, rpc, { to, data: LATEST_ROUND_DATA }, 5, block),
    ]);
    const decimals = Number(unsigned(name, decimalsWord, 8));
    if (decimals > mostDecimals) throw new FeedAnswerInvalid(name, `${decimals} decimals`);
    if (updatedAt === 0n) throw new FeedAnswerInvalid(name, "the round has no answer yet");
    return { price: toPrice(signed(name, answer, 256), -decimals), timestamp: Number(unsigned(name, updatedAt, 40)) };
  });
}
