import { type Clock, systemClock } from "../../clock.ts";
import type { PriceSourceSettings } from "../../config/index.ts";
import type { Secret } from "../../secret.ts";
import { assetIdOf } from "../asset.ts";
import { chainlinkFeed } from "./chainlink.ts";
import { parsePrice } from "./decimals.ts";
import type { EthReads } from "./eth-call.ts";
import type { FeedOptions, PriceFeed } from "./price-feed.ts";
import { pythFeed } from "./pyth.ts";
import { ownSource, type QuoteSource, sourceKeyOf } from "./quote-source.ts";
import { redstoneFeed } from "./redstone.ts";
import { tickerFeed } from "./ticker.ts";

export interface ConfiguredParts {
  /** For the feeds that are on chain. */
  readonly rpc: EthReads;
  /** The value of a variable, from the keystore or the environment. */
  readonly secretNamed: (name: string) => Promise<Secret>;
  readonly clock?: Clock;
}

/**
 * The sources of one asset out of the setting prices.sources, in its order.
 * @throws InvalidFeed, InvalidSourceKey; what `secretNamed` throws
 */
export async function quoteSourcesOf(
  sources: readonly PriceSourceSettings[] | undefined,
  asset: bigint,
  { rpc, secretNamed, clock = systemClock }: ConfiguredParts,
): Promise<QuoteSource[]> {
  const given = { asset, clock };
  const made: QuoteSource[] = [];
  // One after the other: the keystore asks for its password.
  for (const source of sources ?? []) {
    if (assetIdOf(source.asset) === asset) made.push(ownSource(feedOf(source, given, rpc), sourceKeyOf(await secretNamed(source.key))));
  }
  return made;
}

function feedOf(source: PriceSourceSettings, given: Pick<FeedOptions, "asset" | "clock">, rpc: EthReads): PriceFeed {
  const range = { lowest: priceOf(source.lowest), highest: priceOf(source.highest) };
  switch (source.kind) {
    case "chainlink":
      return chainlinkFeed({ ...source, ...given, ...range, rpc });
    case "pyth":
      return pythFeed({ ...source, ...given, ...range, rpc });
    case "redstone":
      return redstoneFeed({ ...source, ...given, ...range });
    case "ticker":
      return tickerFeed({ ...source, ...given, ...range });
  }
}

const priceOf = (value: number | undefined): bigint | undefined => (value === undefined ? undefined : parsePrice(String(value)));
