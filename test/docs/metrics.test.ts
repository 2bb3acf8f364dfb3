import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { metricsDocs } from "../../scripts/metrics-docs.ts";
import { type Definition, definitions } from "../../src/telemetry/index.ts";

const pageOf = (name: string): string => readFileSync(join(import.meta.dirname, "../../docs", name), "utf8");

/** The metric that has a series of this name. */
const definitionOf = (series: string): Definition | undefined =>
  definitions.find(({ name, type }) => name === series || (type === "histogram" && series.replace(/_(bucket|sum|count)$/, "") === name));

describe("docs/metrics.md", () => {
  it("is up to date; else run: node scripts/metrics-docs.ts", async () => {
    const page = pageOf("metrics.md");
    expect(page).to.equal(await metricsDocs());
    for (const { name, unit, meaning } of definitions) {
      expect(page).to.contain(`| \`${name}\``);
      expect(unit, name).to.not.equal("");
      expect(meaning, name).to.not.equal("");
    }
  });

  it("has every metric, and every label, that the alarms of docs/prices.md are made of", () => {
    const alarms = [...pageOf("prices.md").matchAll(/expr: (.+)/g)].map(([, expression = ""]) => expression);
    expect(alarms).to.have.length.above(10);
    for (const alarm of alarms) {
      for (const [, series = "", matchers = ""] of alarm.matchAll(/\b(mintd_\w+)(?:\{([^}]*)\})?/g)) {
        const { labels = [], type } = definitionOf(series) ?? {};
        expect(type, `${series} in ${alarm}`).to.not.equal(undefined);
        for (const [, label] of matchers.matchAll(/(\w+)(?:!?=~?)"/g)) expect(labels, alarm).to.include(label);
        const grouped = /\bby \(([^)]*)\)/.exec(alarm)?.[1]?.split(", ") ?? [];
        for (const label of grouped) expect([...labels, "instance", "le"], alarm).to.include(label);
      }
    }
    expect(new Set(definitions.map(({ name }) => name)).size).to.equal(definitions.length);
  });
});
