import { castKeeperMetrics } from "./cast-keeper.ts";
import { chainMetrics } from "./chain.ts";
import type { Definition } from "./definition.ts";
import { laneMetrics } from "./lanes.ts";
import { orderMetrics } from "./orders.ts";
import { priceKeeperMetrics } from "./price-keeper.ts";
import { listenerMetrics, processMetrics, serviceMetrics } from "./process.ts";

export { type Definition, type Group, groupTitles } from "./definition.ts";

/** All metrics of the service. Names carry their units; a name or a label that is here stays. */
export const catalogue = { ...orderMetrics, ...laneMetrics, ...chainMetrics, ...serviceMetrics, ...processMetrics } as const;

/** What every keeper serves beside its own. */
export const keeperCatalogue = { ...listenerMetrics, ...processMetrics } as const;

/** All metrics of a keeper of prices. */
export const priceKeeperCatalogue = { ...priceKeeperMetrics, ...keeperCatalogue } as const;

/** All metrics of a keeper of positions. */
export const castKeeperCatalogue = { ...castKeeperMetrics, ...keeperCatalogue } as const;

/** All definitions, those of a group in the order of the page. */
export const definitions: readonly Definition[] = [
  ...[orderMetrics, laneMetrics, chainMetrics, priceKeeperMetrics, castKeeperMetrics],
  ...[serviceMetrics, listenerMetrics, processMetrics],
].flatMap((each) => Object.values<Definition>(each));
