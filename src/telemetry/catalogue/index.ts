import { chainMetrics } from "./chain.ts";
import type { Definition } from "./definition.ts";
import { laneMetrics } from "./lanes.ts";
import { orderMetrics } from "./orders.ts";
import { processMetrics } from "./process.ts";

export { type Definition, type Group, groupTitles } from "./definition.ts";

/** All metrics. Names carry their units; a name or a label that is here stays. */
export const catalogue = { ...orderMetrics, ...laneMetrics, ...chainMetrics, ...processMetrics } as const;

/** All definitions, in the order of the page. */
export const definitions: readonly Definition[] = Object.values<Definition>(catalogue);
