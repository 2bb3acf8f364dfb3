import { TelemetryUnreadable } from "./errors.ts";

/** One line of a metric. */
export interface Sample {
  /** The metric's name; of a histogram with its `_bucket`, `_sum` or `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric as it was scraped. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface Draft extends Family {
  type: string;
  help: string;
  readonly samples: Sample[];
  readonly seen: Set<string>;
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const number = /^[+-]?(?:Inf|NaN|\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i;

/**
 * Reads Prometheus's text exposition format 0.0.4, as strictly as its specification allows: every metric has one HELP and
 * one TYPE before its samples, its samples stand together, no series comes twice, histograms are cumulative and complete.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * @throws TelemetryUnreadable naming the line
 */
export function readExposition(text: string): Family[] {
  const families = new Map<string, Draft>();
  let current: Draft | undefined;
  if (!text.endsWith("\n")) throw new TelemetryUnreadable("it does not end with a line end");
  for (const [i, line] of text.slice(0, -1).split("\n").entries()) {
    const fail = (problem: string): never => {
      throw new TelemetryUnreadable(`line ${i + 1}: ${problem}`);
    };
    if (line === "") continue;
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (comment) {
      const [, kind, name = "", rest = ""] = comment;
      if (current?.name !== name) {
        if (families.has(name)) fail(`${name} comes twice`);
        current = { name, type: "", help: "", samples: [], seen: new Set() };
        families.set(name, current);
      }
      if (current.samples.length > 0) fail(`${kind ?? ""} of ${name} comes after its samples`);
      if (kind === "HELP") current.help = rest;
      else if (current.type !== "") fail(`${name} has two types`);
      else current.type = /^(counter|gauge|histogram|summary|untyped)$/.test(rest) ? rest : fail(`there is no type '${rest}'`);
      continue;
    }
    if (line.startsWith("#")) fail("a comment that is neither HELP nor TYPE");
    addSample(current, line, fail);
  }
  for (const family of families.values()) if (family.type === "histogram") checkHistogram(family);
  return [...families.values()].map(({ name, type, help, samples }) => ({ name, type, help, samples }));
}

function addSample(family: Draft | undefined, line: string, fail: (problem: string) => never): void {
  const [, name = "", inner, text = ""] = sampleLine.exec(line) ?? fail("not a sample");
  if (!number.test(text)) fail(`'${text}' is no number`);
  if (!family || baseOf(name, family.type) !== family.name || family.type === "") return fail(`${name} has no TYPE before it`);
  const labels = labelsOf(inner, fail);
  const series = JSON.stringify([name, Object.entries(labels).sort()]);
  if (family.seen.has(series)) fail(`${name} comes twice with the same labels`);
  family.seen.add(series);
  family.samples.push({ name, labels, value: valueOf(text) });
}

const baseOf = (name: string, type: string): string => (type === "histogram" ? name.replace(/_(bucket|sum|count)$/, "") : name);

const valueOf = (text: string): number => (/inf/i.test(text) ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text));

function labelsOf(inner: string | undefined, fail: (problem: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPair.lastIndex = 0;
  for (let at = 0; inner !== undefined && at < inner.length; at = labelPair.lastIndex) {
    const [, name = "", escaped = ""] = labelPair.exec(inner) ?? fail("labels that cannot be read");
    if (name in labels) fail(`the label ${name} comes twice`);
    labels[name] = escaped.replaceAll(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));
  }
  return labels;
}

/** One series of a histogram. */
export interface Distribution {
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum: number;
  /** Upper bound and how many observations are at or below it; the last bound is infinite. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}

/** The series of a histogram, each with its buckets. */
export function distributionsOf(family: Family): Distribution[] {
  const series = new Map<
    string,
    { labels: Record<string, string>; count: number; sum: number; buckets: { le: number; count: number }[] }
  >();
  for (const { name, labels, value } of family.samples) {
    const { le, ...own } = labels;
    const key = JSON.stringify(Object.entries(own).sort());
    const entry = series.get(key) ?? { labels: own, count: NaN, sum: NaN, buckets: [] };
    series.set(key, entry);
    if (name.endsWith("_sum")) entry.sum = value;
    else if (name.endsWith("_count")) entry.count = value;
    else entry.buckets.push({ le: valueOf((le ?? "").replace("+", "")), count: value });
  }
  return [...series.values()];
}

function checkHistogram(family: Family): void {
  for (const { count, sum, buckets } of distributionsOf(family)) {
    const fail = (problem: string) => {
      throw new TelemetryUnreadable(`histogram ${family.name} ${problem}`);
    };
    if (Number.isNaN(count) || Number.isNaN(sum)) fail("has a series without _sum or _count");
    if (buckets.some(({ le, count: n }, i) => i > 0 && !(le > (buckets[i - 1]?.le ?? 0) && n >= (buckets[i - 1]?.count ?? 0))))
      fail("has buckets that are not cumulative");
    if (buckets.at(-1)?.le !== Infinity || buckets.at(-1)?.count !== count) fail("has no +Inf bucket that is its count");
  }
}

/**
 * The value below which the share `q` of the observations lie, estimated: linear within its bucket, as Prometheus's
 * histogram_quantile does. In the last bucket nothing is known but its lower bound, which is given. NaN without observations.
 * @param q from 0 to 1
 */
export function quantileOf({ buckets, count }: Distribution, q: number): number {
  if (count === 0) return NaN;
  const rank = q * count;
  const at = buckets.findIndex((bucket) => bucket.count >= rank);
  const below = buckets[at - 1] ?? { le: 0, count: 0 };
  const bucket = buckets[at];
  if (!bucket || bucket.le === Infinity) return below.le;
  if (bucket.count === below.count) return bucket.le;
  return below.le + (bucket.le - below.le) * ((rank - below.count) / (bucket.count - below.count));
}
