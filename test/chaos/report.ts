import { factTable, rowTable } from "../../tasks/print.ts";
import type { WriteAheadPoint } from "../../src/write-ahead.ts";
import type { Findings, Problem } from "./audit/index.ts";
import type { DiskCounts } from "./disk/index.ts";
import type { ProxyStats } from "./proxy/index.ts";
import type { Schedule } from "./schedule.ts";

/** What came of a run. */
export interface Report {
  readonly schedule: Schedule;
  /** Laws that were broken. */
  readonly problems: readonly Problem[];
  /** Orders acknowledged by the service. */
  readonly accepted: number;
  /** Times that an order was sent, each repeat counted. */
  readonly sends: number;
  readonly findings: Findings;
  /** Times that the service was started. */
  readonly lives: number;
  /** Points at which the service was to die and that it never reached. */
  readonly unreached: readonly WriteAheadPoint[];
  /** From the end of the last fault until everything accepted was final. */
  readonly toHeal: { readonly blocks: number; readonly ms: number };
  /** Height of the chain at the end. */
  readonly blocks: number;
  readonly ms: number;
  /** What the service printed. */
  readonly logPath: string;
  /** What the endpoints really did wrong. */
  readonly endpoints: readonly ProxyStats["faults"][];
  readonly disk: DiskCounts;
}

/** The one command that runs the same schedule again. */
export function replayCommand({ seed, fault, orders, users }: Schedule): string {
  return `npm run chaos -- --seed ${seed}${fault === undefined ? "" : ` --fault ${fault}`} --orders ${orders} --users ${users}`;
}

/** The report in words and numbers. */
export function asTable(report: Report): string {
  const { schedule, findings, toHeal } = report;
  const injected = report.endpoints.flatMap((faults) => Object.values(faults)).reduce((sum, count) => sum + count, 0);
  const facts = factTable([
    ["seed", String(schedule.seed)],
    ["faults planned", schedule.entries.length],
    ["faults of the endpoints", injected],
    ["faults of the disk", report.disk.faults],
    ["orders accepted", report.accepted],
    ["times they were sent", report.sends],
    ["mints on the chain", findings.mints],
    ["transactions signed", findings.attempts],
    ["inclusions taken back", findings.takenBack],
    ["starts of the service", report.lives],
    ["blocks", report.blocks],
    ["to heal, blocks", toHeal.blocks],
    ["to heal, ms", toHeal.ms],
    ["time, ms", report.ms],
    ["laws broken", report.problems.length],
  ]);
  if (report.problems.length === 0) return facts;
  const shown = report.problems.slice(0, 20).map(({ law, words }) => [law, words]);
  return [facts, rowTable(["law", "what happened"], shown), `replay: ${replayCommand(schedule)}`, `logs:   ${report.logPath}`].join("\n");
}

/** The report for machines. */
export const asJson = ({ schedule, findings: { problems: _, ...findings }, ...report }: Report): object => ({
  seed: schedule.seed,
  fault: schedule.fault ?? null,
  orders: schedule.orders,
  users: schedule.users,
  replay: replayCommand(schedule),
  ...report,
  findings,
});
