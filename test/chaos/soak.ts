import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { count, run } from "./run.ts";
import { replayCommand, type Report } from "./report.ts";

/** Sums over all runs. */
interface Sums {
  runs: number;
  abandoned: number;
  failed: number;
  orders: number;
  restarts: number;
  takenBack: number;
  slowestHealBlocks: number;
}

/**
 * Runs one seed after the other until somebody stops it, or until so many seeds were run; each failure is appended to a
 * file at once. Stopped, it begins no further run and says what there was. Ctrl+C reaches the nodes of the runs under way
 * too; such a run is abandoned and does not count.
 */
async function soak(): Promise<void> {
  const { values } = parseArgs({
    options: {
      first: { type: "string", default: "1" },
      seeds: { type: "string" },
      jobs: { type: "string", default: "2" },
      fault: { type: "string" },
      orders: { type: "string", default: "200" },
      users: { type: "string", default: "20" },
      failures: { type: "string", default: "cache/chaos-failures.log" },
    },
  });
  const { fault, failures } = values;
  const sizes = { orders: count("orders", values.orders), users: count("users", values.users), ...(fault === undefined ? {} : { fault }) };
  const last = values.seeds === undefined ? Infinity : count("first", values.first) + count("seeds", values.seeds) - 1;
  await mkdir(dirname(failures), { recursive: true });
  const sums: Sums = { runs: 0, abandoned: 0, failed: 0, orders: 0, restarts: 0, takenBack: 0, slowestHealBlocks: 0 };
  let next = count("first", values.first);
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  const stop = (): void => {
    if (!isStopping()) console.error("stopping: no further run is begun");
    stopping.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);

  const job = async (): Promise<void> => {
    while (!isStopping() && next <= last) {
      const options = { seed: next++, ...sizes };
      try {
        await took(await run(options), sums, failures);
      } catch (error) {
        if (isStopping()) {
          sums.abandoned++;
          return;
        }
        sums.failed++;
        await appendFile(failures, `seed ${options.seed}: ${error instanceof Error ? error.message : String(error)}\n`);
        console.error(error);
      }
    }
  };
  await Promise.all(Array.from({ length: count("jobs", values.jobs) }, job));
  console.log(
    `${sums.runs} runs, ${sums.failed} failed, ${sums.abandoned} abandoned; ${sums.orders} orders, ${sums.restarts} restarts of the service, ` +
      `${sums.takenBack} inclusions taken back; slowest to heal: ${sums.slowestHealBlocks} blocks`,
  );
  if (sums.failed > 0) console.log(`failures: ${failures}`);
  process.exitCode = sums.failed > 0 ? 1 : 0;
}

async function took(report: Report, sums: Sums, failures: string): Promise<void> {
  const { schedule, problems, toHeal, findings, lives } = report;
  sums.runs++;
  sums.orders += report.accepted;
  sums.restarts += lives - 1;
  sums.takenBack += findings.takenBack;
  sums.slowestHealBlocks = Math.max(sums.slowestHealBlocks, toHeal.blocks);
  const result = problems.length === 0 ? "kept every law" : `broke ${problems.length}: ${problems[0]?.law ?? ""}`;
  console.log(
    `seed ${schedule.seed}: ${report.accepted} orders, ${lives} starts, ${findings.takenBack} taken back, healed in ${toHeal.blocks} blocks, ${result}`,
  );
  if (problems.length === 0) return;
  sums.failed++;
  const lines = problems.slice(0, 5).map(({ law, words }) => `  ${law}: ${words}`);
  await appendFile(failures, [replayCommand(schedule), `  logs: ${report.logPath}`, ...lines, ""].join("\n"));
}

if (import.meta.main) await soak();
