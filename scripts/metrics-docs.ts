/**
 * Writes docs/metrics.md from the catalogue in src/telemetry. `node scripts/metrics-docs.ts`.
 */
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { type Definition, definitions, doubtReasons, type Group, groupTitles } from "../src/telemetry/index.ts";

const intro = `# Metrics

With \`telemetry.port\` set, a mintd that runs serves its metrics in Prometheus's text format at
\`http://127.0.0.1:<port>/metrics\`, and its liveness at \`/healthz\`. Nothing is served to other machines. \`npx hardhat metrics:show\`
shows them to people, with p50, p90 and p99 estimated from the buckets.

The keepers, \`price:keeper\` and \`cast:keeper\`, serve theirs in the same way with \`--metrics-port\`: the two sections named for them,
and Process. [prices.md](prices.md#watching-the-keepers) has alarms made of them.

They begin at 0 with each process. Lanes are labelled by their address in lower case, endpoints by their host alone. Metrics of
parts that are not in use have no series.

This page is generated: change \`src/telemetry/catalogue/\` and run \`node scripts/metrics-docs.ts\`.
`;

const code = (words: readonly (string | number)[]): string => (words.length === 0 ? "-" : words.map((word) => `\`${word}\``).join(", "));

const row = ({ name, type, unit, labels, meaning }: Definition): string =>
  `| ${[code([name]), type, unit, code(labels), meaning].join(" | ")} |`;

function section(group: Group): string[] {
  const own = definitions.filter((definition) => definition.group === group);
  const bounds = own.flatMap(({ name, buckets }) => (buckets ? [`Buckets of \`${name}\`: ${buckets.join(", ")}.`, ""] : []));
  const head = ["| metric | type | unit | labels | meaning |", "| --- | --- | --- | --- | --- |"];
  const reasons = group === "chain" ? [`Reasons of doubt: ${code(doubtReasons)}.`, ""] : [];
  return [`## ${groupTitles[group]}`, "", ...head, ...own.map(row), "", ...reasons, ...bounds];
}

/** The whole page, formatted as the repository's other files. */
export function metricsDocs(): Promise<string> {
  const sections = (Object.keys(groupTitles) as Group[]).flatMap(section);
  return format([intro, ...sections].join("\n"), { parser: "markdown", printWidth: 140 });
}

if (import.meta.main) writeFileSync(new URL("../docs/metrics.md", import.meta.url), await metricsDocs());
