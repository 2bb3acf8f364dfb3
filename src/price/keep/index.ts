/** Keeps proven prices fresh: when to post, proving it, and bringing it on chain. */
export { blockAfter, type WaitOptions } from "./block-after.ts";
export type { PriceChain, PriceState } from "./chain.ts";
export type { Agreed, KeptAsset, PriceKeeperEvent, Report } from "./events.ts";
export { follow } from "./follow.ts";
export { PriceKeeper, type PriceKeeperParts } from "./keeper.ts";
export { ProvenPrices } from "./proven-prices.ts";
export { type Freshness, type StoredPrice, type Verdict, verdictOn } from "./verdict.ts";
