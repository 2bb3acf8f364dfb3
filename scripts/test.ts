// `npm test`: builds, checks, and runs every test. The last line is 'N passed, N failed'; a lint, type or format error and a
// stage that ends badly without a failing test each count as one failure.
import { build, checks, runAll, runStage, type StageResult } from "./stages.ts";

const tests = [
  { name: "Solidity tests", command: ["hardhat", "test", "solidity", "--no-compile"], live: true },
  { name: "TypeScript tests", command: ["hardhat", "test", "mocha", "--no-compile"], live: true },
] as const;

/** Sums a runner's own closing lines, "N passing" and "N failing". */
function counted(output: string, word: string): number {
  const last = [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, "gm"))].at(-1);
  return Number(last?.[1] ?? 0);
}

let [passed, failed] = [0, 0];

/** A check is passed or failed as a whole. */
function count({ ok }: StageResult): void {
  if (ok) passed++;
  else failed++;
}

const built = await runStage(build);
count(built);
if (built.ok) {
  for (const result of await runAll(checks)) count(result);
  for (const stage of tests) {
    const { ok, output } = await runStage(stage);
    const failing = counted(output, "failing");
    passed += counted(output, "passing");
    failed += ok || failing > 0 ? failing : 1; // it broke without a failing test
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
