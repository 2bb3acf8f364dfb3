import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { systemClock } from "../src/clock.ts";
import { loadConfig } from "../src/config/index.ts";
import {
  askMetrics,
  definitions,
  type Distribution,
  distributionsOf,
  type Family,
  groupTitles,
  quantileOf,
  type Sample,
} from "../src/telemetry/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { grouped, print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly port: number;
  readonly json: boolean;
}

const quantiles = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;

const action: NewTaskActionFunction<Args> = ({ port: given, json }) =>
  reporting(json, async () => {
    if (given < 0 || given > 65_535) throw new InvalidArgument("--port", `is ${given}, which is no port`, "--port 9464");
    const port = given === 0 ? loadConfig({ env: process.env }).telemetry.port : given;
    const families = await askMetrics(port);
    const at = systemClock.now();
    print(json, { port, at, metrics: families.map(recordOf) }, () => tables(families).join("\n\n"));
  });

/** A metric for machines: its series, those of a histogram with estimated quantiles. */
function recordOf(family: Family) {
  const { name, type, help, samples } = family;
  if (type !== "histogram") return { name, type, help, series: samples.map(({ labels, value }) => ({ labels, value })) };
  const series = distributionsOf(family).map((each) => ({ labels: each.labels, count: each.count, sum: each.sum, ...quantilesOf(each) }));
  return { name, type, help, series };
}

function quantilesOf(each: Distribution): Record<keyof typeof quantiles, number | null> {
  const at = (q: number): number | null => (each.count === 0 ? null : quantileOf(each, q));
  return { p50: at(quantiles.p50), p90: at(quantiles.p90), p99: at(quantiles.p99) };
}

/** A table of values and one of distributions for each group that has any. */
function tables(families: readonly Family[]): string[] {
  const byName = new Map(families.map((family) => [family.name, family]));
  return Object.entries(groupTitles).flatMap(([group, title]) => {
    const own = definitions.filter((definition) => definition.group === group);
    const present = own.flatMap(({ name, unit }) => {
      const family = byName.get(name);
      return family ? [{ family, unit }] : [];
    });
    const values = present.filter(({ family }) => family.type !== "histogram").flatMap(({ family, unit }) => valueRows(family, unit));
    const spreads = present.filter(({ family }) => family.type === "histogram").flatMap(({ family, unit }) => spreadRows(family, unit));
    if (values.length + spreads.length === 0) return [];
    return [
      [
        title,
        ...(values.length > 0 ? [rowTable(["metric", "of", "value", "unit"], values)] : []),
        ...(spreads.length > 0 ? [rowTable(["metric", "of", "count", "p50", "p90", "p99", "unit"], spreads)] : []),
      ].join("\n"),
    ];
  });
}

const valueRows = ({ samples }: Family, unit: string): (string | number)[][] =>
  samples.map(({ name, labels, value }: Sample) => [name, wordsOf(labels), number(value), unit]);

const spreadRows = (family: Family, unit: string): (string | number)[][] =>
  distributionsOf(family)
    .filter(({ count }) => count > 0)
    .map((each) => [family.name, wordsOf(each.labels), each.count, ...Object.values(quantiles).map((q) => estimate(each, q)), unit]);

/** An estimate; one that lies beyond the last bucket is known to be more than its bound alone. */
function estimate(each: Distribution, q: number): string {
  const last = each.buckets.at(-2);
  const beyond = last !== undefined && last.count < q * each.count;
  return (beyond ? "> " : "") + number(quantileOf(each, q));
}

/** Small numbers keep their digits: a balance of 0.004 is not 0. */
const number = (value: number): string => (value !== 0 && Math.abs(value) < 1 ? value.toPrecision(3) : grouped(value));

/** `from assigned, to broadcast`. */
const wordsOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

export default action;
