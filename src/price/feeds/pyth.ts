import { toPrice } from "./decimals.ts";
import { FeedAnswerInvalid, FeedPriceUncertain } from "./errors.ts";
import { callWords, type EthReads, hexOf, selector, signed, unsigned } from "./eth-call.ts";
import { checkedFeed, type FeedOptions, type PriceFeed } from "./price-feed.ts";

export interface PythOptions extends FeedOptions {
  /** Of the Pyth contract. */
  readonly address: string;
  /** 32 bytes, which price of the contract. */
  readonly feedId: string;
  readonly rpc: EthReads;
  /** Most that the confidence interval may be of the price, in hundredths of a percent. Default 50. */
  readonly maxConfidenceBps?: number | undefined;
}

const GET_PRICE_UNSAFE = selector("getPriceUnsafe(bytes32)");

/** Exponents that prices have; a price of int64 times 10^8 is far above the range already. */
const exponents = { lowest: -18n, highest: 8n };

/**
 * The newest price that somebody brought to a Pyth contract. Unsafe in the contract's words means of any age: age is checked
 * here, as for every feed. Nobody brings prices by himself: a contract that nobody pays updates for is stale.
 * @throws InvalidFeed
 */
export function pythFeed(options: PythOptions): PriceFeed {
  const { name, rpc, maxConfidenceBps = 50 } = options;
  const to = hexOf(name, options.address, 20, "address");
  const data = GET_PRICE_UNSAFE + hexOf(name, options.feedId, 32, "feed id").slice(2);
  return checkedFeed(options, async () => {
    const [priceWord, confidenceWord, exponentWord, publishTime] = await callWords(name, rpc, { to, data }, 4);
    const price = signed(name, priceWord, 64);
    const confidence = unsigned(name, confidenceWord, 64);
    const exponent = signed(name, exponentWord, 32);
    if (exponent < exponents.lowest || exponent > exponents.highest) throw new FeedAnswerInvalid(name, `exponent ${exponent.toString()}`);
    if (price > 0n && confidence * 10_000n > BigInt(maxConfidenceBps) * price) {
      throw new FeedPriceUncertain(name, price, confidence, maxConfidenceBps);
    }
    return { price: toPrice(price, Number(exponent)), timestamp: Number(unsigned(name, publishTime, 40)) };
  });
}
