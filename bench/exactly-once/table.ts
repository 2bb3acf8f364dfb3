import Table from "cli-table3";
import { median } from "../statistics.ts";
import type { Figures } from "./audit.ts";
import type { Result } from "./notes.ts";

const columns: readonly (readonly [head: string, of: (figures: Figures) => number | null])[] = [
  ["mined", (figures) => figures.mined],
  ["missing", (figures) => figures.missing],
  ["duplicates", (figures) => figures.duplicates],
  ["stuck", (figures) => figures.stuck],
  ["falsely confirmed", (figures) => figures.falselyConfirmed],
  ["errors", (figures) => figures.errors],
  ["mints/s", (figures) => figures.mintsPerSecond],
  ["gas/mint", (figures) => figures.gasPerMint],
  ["p50 ms", (figures) => figures.p50Ms],
  ["p99 ms", (figures) => figures.p99Ms],
  ["calls/mint", (figures) => figures.callsPerMint],
];

/** One row a contender; of several rounds the median, and the range behind it where they differ. */
export function scenarioTable(rows: readonly Result[]): string {
  const table = new Table({
    head: ["", ...columns.map(([head]) => head)],
    colAligns: ["left", ...columns.map(() => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const { contender, rounds } of rows) {
    table.push([contender.title, ...columns.map(([, of]) => cell(rounds.map(of).filter((value) => value !== null)))]);
  }
  return table.toString();
}

function cell(values: readonly number[]): string {
  if (values.length === 0) return "-";
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map(grouped);
  return low === high ? (middle ?? "") : `${middle ?? ""} (${low ?? ""}-${high ?? ""})`;
}

/** With the digits that matter. */
export const grouped = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 20 ? 1 : 0 });
