import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "./random.ts";
import { asJson, asTable, replayCommand, type Report } from "./report.ts";
import { explain, scheduleOf, type ScheduleOptions } from "./schedule.ts";
import { simulate } from "./simulation.ts";

/** Runs a schedule in a folder of its own, which is kept where something went wrong. */
export async function run(options: ScheduleOptions, keep = false): Promise<Report> {
  const schedule = scheduleOf(options);
  const folder = await mkdtemp(join(tmpdir(), `mintd-chaos-${options.seed}-`));
  const report = await simulate({ schedule, folder }).catch((error: unknown) => {
    throw new Error(`the simulator itself failed; replay: ${replayCommand(schedule)}; logs: ${folder}`, { cause: error });
  });
  if (report.problems.length === 0 && !keep) await rm(folder, { recursive: true, force: true });
  return report;
}

/** A number from the command line, at least 1. @throws RangeError */
export function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`--${name} must be a whole number of at least 1, not ${text}`);
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: String(Random.fresh().seed) },
      fault: { type: "string" },
      orders: { type: "string", default: "200" },
      users: { type: "string", default: "20" },
      json: { type: "boolean", default: false },
      explain: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  const { fault } = values;
  const sizes = { orders: count("orders", values.orders), users: count("users", values.users) };
  const options = { seed: count("seed", values.seed), ...sizes, ...(fault === undefined ? {} : { fault }) };
  const words = explain(scheduleOf(options)).join("\n");
  if (values.explain) {
    console.log(words);
    return;
  }
  console.error(`seed ${options.seed}\n${words}`);
  const report = await run(options, values.keep);
  console.log(values.json ? JSON.stringify(asJson(report), undefined, 2) : asTable(report));
  if (values.keep) console.error(`kept: ${report.logPath}`);
  process.exitCode = report.problems.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
