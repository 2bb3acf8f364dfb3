/** What metrics are about; metrics:show and docs/metrics.md are grouped by it, in this order. */
export const groupTitles = {
  orders: "Orders",
  numbers: "Voucher numbers",
  lanes: "Lanes",
  chain: "Chain",
  rpc: "Endpoints",
  compensation: "Compensation",
  store: "Store",
  priceKeeper: "Keeper of prices",
  castKeeper: "Keeper of positions",
  process: "Process",
} as const;

export type Group = keyof typeof groupTitles;

/** One metric as it is defined here once: the registry, docs/metrics.md and metrics:show are made of this. */
export interface Definition {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly group: Group;
  readonly unit: string;
  readonly meaning: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

/** 1, 2 and 5 times each power. */
export const steps = (powers: readonly number[]): number[] => powers.flatMap((power) => [1, 2, 5].map((step) => step * power));

/** From 1 ms to 6 hours: an append takes one, a final level on a busy day hours. */
export const longLatency = [...steps([1, 10, 100, 1e3, 1e4, 1e5]), 1_800_000, 3_600_000, 10_800_000, 21_600_000];
/** From 1 ms to 50 s: one request or one append. */
export const shortLatency = steps([1, 10, 100, 1e3, 1e4]);
