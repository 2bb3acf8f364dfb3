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

/**
 * What the others are shared out by, each in a process of its own at the same time. Most of what the first three do is wait
 * for chains and processes, so that four keep two cores busy. The last takes what is left.
 */
const shares = {
  tasks: ["test/e2e/", "test/tasks/", "test/scripts/demo-cast"],
  services: ["test/src/mintd/"],
  senders: ["test/src/durable/", "test/circuits/", "test/ceremony/"],
  parts: ["test/"],
};

/** Every `*.test.ts`, chaos first. */
function mochaStages(): readonly [Stage, ...Stage[]] {
  const files = globSync("test/**/*.test.ts", { cwd: root }).map((file) => file.replaceAll("\\", "/"));
  const left = new Set(files.sort());
  const taken = (folders: readonly string[]): string[] => {
    const own = [...left].filter((file) => folders.some((folder) => file.startsWith(folder)));
    for (const file of own) left.delete(file);
    return own;
  };
  const stage = (name: string, folders: readonly string[]): Stage => ({
    ...{ name: `TypeScript tests, ${name}`, mark: `${name.padEnd(8)} | `, live: true },
    command: ["hardhat", "test", "mocha", "--no-compile", "test/exit.ts", ...taken(folders)],
  });
  return [stage("chaos", [chaos]), ...Object.entries(shares).map(([name, folders]) => stage(name, folders))];
}

/** Sums a runner's own closing lines, "N passing" and "N failing". */
function counted(output: string, word: string): number {
  const last = [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, "gm"))].at(-1);
  return Number(last?.[1] ?? 0);
}

const [faults, ...tests] = mochaStages();
const testNames = new Set([solidity, faults, ...tests].map(({ name }) => name));

let [passed, failed] = [0, 0];

/** Runs stages beside each other and counts what they say; a check is passed or failed as a whole. Names those that are well. */
async function count(stages: readonly Stage[], atATime?: number): Promise<ReadonlySet<string>> {
  const results = await runAll(stages, atATime);
  for (const { name, ok, output } of results) {
    const failing = testNames.has(name) ? counted(output, "failing") : 0;
    passed += testNames.has(name) ? counted(output, "passing") : Number(ok);
    failed += ok || failing > 0 ? failing : 1; // it broke without a failing test
  }
  return new Set(results.flatMap(({ name, ok }) => (ok ? [name] : [])));
}

const well = await count([build, ...textChecks]);
if (well.has(build.name)) {
  await count([faults]);
  await count([...tests, ...typeChecks, solidity], tests.length);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
