import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** One command of a check or test run. */
export interface Stage {
  readonly name: string;
  /** Program of node_modules/.bin and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Whether its output goes to the terminal as it comes, line by line; otherwise only when it fails. */
  readonly live?: boolean;
  /** What its lines begin with on the terminal, where several stages print at the same time. */
  readonly mark?: string;
}

export interface StageResult {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
}

export const root = join(import.meta.dirname, "..");

/** Runs a stage to its end. Never throws: a program that cannot be started is a failed stage. */
export function runStage({ name, command, live = false, mark = "" }: Stage): Promise<StageResult> {
  const [program, ...args] = command;
  const { promise, resolve } = Promise.withResolvers<StageResult>();
  const started = performance.now();
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
  let [output, printed] = ["", 0];
  const print = (until: number) => {
    const lines = output.slice(printed, until);
    printed = until;
    if (lines !== "") process.stdout.write(lines.replace(/^(?=.)/gm, mark));
  };
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    if (live) print(output.lastIndexOf("\n") + 1);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const end = (ok: boolean) => {
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    if (live || !ok) print(output.length);
    console.log(`${ok ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
    resolve({ name, ok, output });
  };
  child.once("error", (error) => {
    output += error.message;
    end(false);
  });
  child.once("close", (code) => {
    end(code === 0);
  });
  return promise;
}

/** What must hold before a commit and needs no build. */
export const textChecks: readonly Stage[] = [
  { name: "format (prettier)", command: ["prettier", "--check", "--log-level", "warn", "."] },
  {
    name: "lint (solhint)",
    command: ["solhint", "--noPoster", "--disc", "--max-warnings", "0", "contracts/**/*.sol", "test/contracts/**/*.sol"],
  },
];

/** What must hold before a commit and needs the contracts' types, which the build makes. */
export const typeChecks: readonly Stage[] = [
  { name: "lint (eslint)", command: ["eslint", "."] },
  { name: "types (tsc)", command: ["tsc"] },
  { name: "imports (dependency-cruiser)", command: ["depcruise", "--config", ".dependency-cruiser.json", "src", "tasks", "scripts"] },
];

export const build: Stage = { name: "build", command: ["hardhat", "build"] };

/** Runs stages in their order, by default as many at a time as there are cores; results come as they end. */
export async function runAll(stages: readonly Stage[], atATime = availableParallelism()): Promise<StageResult[]> {
  const results: StageResult[] = [];
  const waiting = stages.values();
  const worker = async () => {
    for (const stage of waiting) results.push(await runStage(stage));
  };
  await Promise.all(Array.from({ length: Math.min(atATime, stages.length) }, worker));
  return results;
}
