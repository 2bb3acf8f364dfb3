/**
 * Writes docs/config.md from the schema in src/config. `node scripts/config-docs.ts`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { earlyVariables, rangeOf, settings, type Setting } from "../src/config/index.ts";

const intro = `# Settings

Settings are read from \`mintd.config.yaml\` in the working directory, if it is there, and overridden by environment
variables. Unknown keys and unknown variables that start with \`MINTD_\` are errors. A file with every setting at its default
is in [examples/mintd.config.yaml](../examples/mintd.config.yaml).

This page is generated: change \`src/config/schema.ts\` and run \`node scripts/config-docs.ts\`.
`;

const cell = (value: string | number | undefined) => (value === undefined ? "-" : `\`${String(value)}\``);

const row = (each: Setting) => `| ${[cell(each.key), cell(each.env), cell(each.fallback), rangeOf(each), each.meaning].join(" | ")} |`;

const early = [
  "These variables are in no file, because they are read before it or are secret:",
  "",
  "| environment | meaning |",
  "| --- | --- |",
  ...Object.entries(earlyVariables).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`),
].join("\n");

/** The whole page, formatted as the repository's other files. */
export function configDocs(): Promise<string> {
  const head = ["| key | environment | default | range | meaning |", "| --- | --- | --- | --- | --- |"];
  return format([intro, "", ...head, ...settings.map(row), "", early].join("\n"), { parser: "markdown", printWidth: 140 });
}

if (import.meta.main) {
  mkdirSync(new URL("../docs/", import.meta.url), { recursive: true });
  writeFileSync(new URL("../docs/config.md", import.meta.url), await configDocs());
}
