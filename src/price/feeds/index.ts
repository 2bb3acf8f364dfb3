/** Where prices come from: feeds, the sources that sign what feeds say, and collecting their quotes. */
export { type ConfiguredParts, quoteSourcesOf } from "./configured.ts";
export { chainlinkFeed, type ChainlinkOptions } from "./chainlink.ts";
export { type Collected, collectQuotes, type CollectOptions, type FailedSource } from "./collect.ts";
export { parsePrice, PRICE_DECIMALS, toPrice } from "./decimals.ts";
export * from "./errors.ts";
export type { EthReads } from "./eth-call.ts";
export { SourceHealth, type SourceState } from "./health.ts";
export { aheadSeconds, type FeedOptions, type PriceFeed, type Reading } from "./price-feed.ts";
export { pythFeed, type PythOptions } from "./pyth.ts";
export { redstoneFeed, type RedstoneOptions } from "./redstone.ts";
export type { Sequencer } from "./sequencer.ts";
export { tickerFeed, type TickerOptions } from "./ticker.ts";
export { ownSource, type QuoteSource, sourceKeyOf } from "./quote-source.ts";
