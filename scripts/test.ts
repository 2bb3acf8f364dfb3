// `npm test`: builds, checks, and runs every test. The last line is 'N passed, N failed'; a lint, type or format error and a
// stage that ends badly without a failing test each count as one failure.
import { globSync } from "node:fs";
import { build, checks, root, runAll, runStage, type Stage, type StageResult } from "./stages.ts";

const solidity: Stage = { name: "Solidity tests", command: ["hardhat", "test", "solidity", "--no-compile"], live: true };

/** Services under faults, four at a time: nothing runs beside them. */
const chaos = "test/chaos/";
/** Their tests wait for chains and processes most of the time, so that the others have the processor meanwhile. */
const waiting = ["test/e2e/", "test/src/mintd/", "test/tasks/"];

/** Every `*.test.ts`: chaos by itself, then the others in two processes that run at the same time. */
function mochaStages(): Record<"chaos" | "services" | "parts", Stage> {
  const files = globSync("test/**/*.test.ts", { cwd: root }).map((file) => file.replaceAll("\\", "/"));
  const waits = (file: string): boolean => waiting.some((folder) => file.startsWith(folder));
  const others = files.filter((file) => !file.startsWith(chaos));
  const stage = (name: string, tests: readonly string[]): Stage => ({
    ...{ name: `TypeScript tests, ${name}`, mark: `${name.padEnd(8)} | `, live: true },
    command: ["hardhat", "test", "mocha", "--no-compile", ...[...tests].sort()],
  });
  return {
    chaos: stage(
      "chaos",
      files.filter((file) => file.startsWith(chaos)),
    ),
    services: stage("services", others.filter(waits)),
    parts: stage(
      "parts",
      others.filter((file) => !waits(file)),
    ),
  };
}

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
  const mocha = mochaStages();
  const alone = [await runStage(solidity), await runStage(mocha.chaos)];
  for (const { ok, output } of [...alone, ...(await Promise.all([runStage(mocha.services), runStage(mocha.parts)]))]) {
    const failing = counted(output, "failing");
    passed += counted(output, "passing");
    failed += ok || failing > 0 ? failing : 1; // it broke without a failing test
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
