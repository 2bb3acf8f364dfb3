import { type Reading, simulate, type World } from "./simulation.ts";

/** What many runs of one world came to. Milliseconds; shares are of 1. */
export interface Measured {
  readonly readings: number;
  readonly errorP50: number;
  readonly errorP99: number;
  readonly lastBlockP50: number;
  readonly lastBlockP99: number;
  readonly boundP50: number;
  /** Readings whose true error is within their bound, of all that there were from the first block on. */
  readonly inside: number;
  /** Readings within ±500 ms whose true error is not within their bound. */
  readonly falselyIssued: number;
  /** Readings within ±500 ms. */
  readonly issued: number;
  readonly looksPerSlot: number;
  readonly lagP50: number;
  readonly backward: number;
}

export interface Effort {
  readonly seed: number;
  readonly runs: number;
  /** Slots of a run after its window is full. */
  readonly slots: number;
}

/** Runs a world from seeds that follow each other; errors are measured once a whole window of slots has passed. */
export function measure(world: World, { seed, runs, slots }: Effort): Measured {
  const { window } = world.times;
  const outcomes = Array.from({ length: runs }, (_, i) => simulate(world, seed + i, window + slots));
  const all = outcomes.flatMap(({ readings }) => readings);
  const filled = all.filter(({ slot }) => slot > window);
  const known = filled.filter(isKnown);
  const errors = known.map(({ errorMs }) => Math.abs(errorMs));
  const lastBlock = filled.flatMap(({ lastBlockErrorMs: error }) => (error === undefined ? [] : [Math.abs(error)]));
  const outside = all.filter(isKnown).filter(({ errorMs, boundMs }) => Math.abs(errorMs) > boundMs);
  const sum = (of: (outcome: (typeof outcomes)[number]) => number): number => outcomes.reduce((total, each) => total + of(each), 0);
  return {
    readings: filled.length,
    errorP50: percentile(errors, 0.5),
    errorP99: percentile(errors, 0.99),
    lastBlockP50: percentile(lastBlock, 0.5),
    lastBlockP99: percentile(lastBlock, 0.99),
    boundP50: percentile(
      known.map(({ boundMs }) => boundMs),
      0.5,
    ),
    inside: 1 - outside.length / all.length,
    falselyIssued: outside.filter(({ withinBound }) => withinBound).length,
    issued: filled.filter(({ withinBound }) => withinBound).length / filled.length,
    looksPerSlot: sum(({ looks }) => looks) / sum(({ slots: passed }) => passed),
    lagP50: percentile(
      outcomes.flatMap(({ lagsMs }) => lagsMs),
      0.5,
    ),
    backward: sum(({ backward }) => backward),
  };
}

const isKnown = (reading: Reading): reading is Reading & { readonly errorMs: number } => reading.errorMs !== undefined;

/** The value below which this share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Measurements as a table for people. */
export function tableOf(rows: readonly (readonly [string, Measured])[]): string {
  const head = ["", "error p50", "p99 ms", "last block p50", "p99 ms", "bound p50", "inside", "issued", "looks/slot", "seen after ms"];
  const cells = rows.map(([name, m]) => [
    name,
    ...[m.errorP50, m.errorP99, m.lastBlockP50, m.lastBlockP99, m.boundP50].map((ms) => Math.round(ms).toLocaleString("en-US")),
    ...[m.inside, m.issued].map((share) => `${(100 * share).toFixed(2)} %`),
    m.looksPerSlot.toFixed(2),
    Math.round(m.lagP50).toLocaleString("en-US"),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [head, ...cells].map(line).join("\n");
}
