import { type Clock, systemClock } from "../../clock.ts";
import type { PriceSourceSettings } from "../../config/index.ts";
import type { Secret } from "../../secret.ts";
import { assetIdOf } from "../asset.ts";
import { chainlinkFeed } from "./chainlink.ts";
import { parsePrice } from "./decimals.ts";
import { FeedSequencerMissing, InvalidFeed } from "./errors.ts";
import type { EthReads } from "./eth-call.ts";
import type { FeedOptions, PriceFeed } from "./price-feed.ts";
import { pythFeed } from "./pyth.ts";
import { ownSource, type QuoteSource, sourceKeyOf } from "./quote-source.ts";
import { redstoneFeed } from "./redstone.ts";
import type { Sequencer } from "./sequencer.ts";
import { tickerFeed } from "./ticker.ts";

export interface ConfiguredParts {
  /** For the feeds that are on chain. */
  readonly rpc: EthReads;
  /** Of the chain that `rpc` is of: on a rollup a Chainlink-style feed must say who knows of its sequencer. */
  readonly network: { readonly name: string; readonly isRollup?: boolean };
  /** The value of a variable, from the keystore or the environment. */
  readonly secretNamed: (name: string) => Promise<Secret>;
  readonly clock?: Clock;
}

/**
 * The sources of one asset out of the setting prices.sources, in its order.
 * @throws InvalidFeed, FeedSequencerMissing, InvalidSourceKey; what `secretNamed` throws
 */
export async function quoteSourcesOf(
  sources: readonly PriceSourceSettings[] | undefined,
  asset: bigint,
  { rpc, network, secretNamed, clock = systemClock }: ConfiguredParts,
): Promise<QuoteSource[]> {
  const given = { asset, clock, rpc, network };
  const made: QuoteSource[] = [];
  // One after the other: the keystore asks for its password.
  for (const source of sources ?? []) {
    if (assetIdOf(source.asset) === asset) made.push(ownSource(feedOf(source, given), sourceKeyOf(await secretNamed(source.key))));
  }
  return made;
}

type SourceOf<Kind extends PriceSourceSettings["kind"]> = Extract<PriceSourceSettings, { readonly kind: Kind }>;

interface Given extends Pick<FeedOptions, "asset" | "clock">, Pick<ConfiguredParts, "rpc" | "network"> {}

function feedOf(source: PriceSourceSettings, { rpc, network, ...given }: Given): PriceFeed {
  const range = { lowest: boundOf(source, "lowest"), highest: boundOf(source, "highest") };
  switch (source.kind) {
    case "chainlink":
      return chainlinkFeed({ ...source, ...given, ...range, rpc, sequencer: sequencerOf(source, network) });
    case "pyth":
      return pythFeed({ ...source, ...given, ...range, rpc });
    case "redstone":
      return redstoneFeed({ ...source, ...given, ...range });
    case "ticker":
      return tickerFeed({ ...source, ...given, ...range });
  }
}

/** `none` must be said: what a rollup's feed says while nobody makes blocks is no price. @throws FeedSequencerMissing */
function sequencerOf({ name, sequencer }: SourceOf<"chainlink">, network: ConfiguredParts["network"]): Sequencer | undefined {
  if (sequencer === undefined && network.isRollup !== false) throw new FeedSequencerMissing(name, network.name);
  return sequencer === "none" ? undefined : sequencer;
}

/** A bound that cannot be read must not stand for none. @throws InvalidFeed */
function boundOf(source: PriceSourceSettings, name: "lowest" | "highest"): bigint | undefined {
  const value = source[name];
  if (value === undefined) return undefined;
  const bound = parsePrice(String(value));
  if (bound === undefined || bound === 0n) throw new InvalidFeed(source.name, `its ${name} is ${value}, which is no price of 8 decimals`);
  return bound;
}
