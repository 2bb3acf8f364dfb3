import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { metricsDocs } from "../../scripts/metrics-docs.ts";
import { definitions } from "../../src/telemetry/index.ts";

describe("docs/metrics.md", () => {
  it("is up to date; else run: node scripts/metrics-docs.ts", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/metrics.md"), "utf8");
    expect(page).to.equal(await metricsDocs());
    for (const { name, unit, meaning } of definitions) {
      expect(page).to.contain(`| \`${name}\``);
      expect(unit, name).to.not.equal("");
      expect(meaning, name).to.not.equal("");
    }
  });
});
