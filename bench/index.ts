/**
 * `npm run bench`: every number that README claims, one question after the other. Each file also runs alone and takes --json.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { targets } from "./gas-targets.ts";

const benchmarks = [
  "pipeline.ts",
  "large-list.ts",
  "recovery.ts",
  "event-store.ts",
  "signing.ts",
  "issuing.ts",
  "clock.ts",
  "durable-signer.ts",
];

console.log("What does a mint cost? (bench/gas.json; measured again by npm test, rewritten by npm run gas)");
const gas = JSON.parse(readFileSync(join(import.meta.dirname, "gas.json"), "utf8")) as Record<string, number>;
for (const [name, used] of Object.entries(gas)) {
  const target = targets[name];
  console.log(
    `${used.toLocaleString("en-US").padStart(12)}  ${(target === undefined ? "" : `<= ${target.toLocaleString("en-US")}`).padEnd(15)} ${name}`,
  );
}
for (const file of benchmarks) {
  const path = join(import.meta.dirname, file);
  const question = /\/\*\*\n \* (.*?)\n \*\n/s.exec(readFileSync(path, "utf8"))?.[1]?.replaceAll("\n * ", " ") ?? file;
  console.log(`\n${question}`);
  const { status } = spawnSync(process.execPath, [path], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
