// `npm test`: builds, checks, and runs every test. The last line is 'N passed, N failed'; a lint, type or format error and a
// stage that ends badly without a failing test each count as one failure.
import { globSync } from "node:fs";
import { build, root, runAll, type Stage, textChecks, typeChecks } from "./stages.ts";

const solidity: Stage = {
  ...{ name: "Solidity tests", mark: "solidity | ", live: true },
  command: ["hardhat", "test", "solidity", "--no-compile"],
};

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

const tests = mochaStages();
const testNames = new Set([solidity, ...Object.values(tests)].map(({ name }) => name));

let [passed, failed] = [0, 0];

/** Runs stages beside each other and counts what they say; a check is passed or failed as a whole. Names those that are well. */
async function count(...stages: readonly Stage[]): Promise<ReadonlySet<string>> {
  const results = await runAll(stages);
  for (const { name, ok, output } of results) {
    const failing = testNames.has(name) ? counted(output, "failing") : 0;
    passed += testNames.has(name) ? counted(output, "passing") : Number(ok);
    failed += ok || failing > 0 ? failing : 1; // it broke without a failing test
  }
  return new Set(results.flatMap(({ name, ok }) => (ok ? [name] : [])));
}

const well = await count(build, ...textChecks);
if (well.has(build.name)) {
  await count(...typeChecks, solidity);
  await count(tests.chaos);
  await count(tests.services, tests.parts);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
