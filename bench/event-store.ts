/**
 * How many durable appends a second does the event store take, beside bare node:sqlite on one thread?
 *
 *   node bench/event-store.ts [--json] [--rounds 5] [--events 100000]
 *
 * Both write the same events (about 200 bytes of JSON) to the same streams, in WAL mode with synchronous=FULL. The bare
 * side is a loop: transactions of 256 single-row inserts into one minimal table with the same UNIQUE (stream, version), no
 * checks, no threads, no promises. Ours has 256 callers, each with one append of one event in flight. Rounds alternate.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { openSqliteStore, type NewEvent } from "../src/store/index.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    events: { type: "string", default: "100000" },
  },
});
const rounds = Math.max(5, Number(values.rounds));
const total = Number(values.events);
const IN_FLIGHT = 256;

const data = {
  tenant: "acme",
  user: `0x${"ab".repeat(20)}`,
  token: `0x${"cd".repeat(20)}`,
  amount: "1000000000000000000",
  key: "7f0e9b1c-1111-4222-8333-444455556666",
  n: 123,
};
const event: NewEvent = { kind: "requested", data };

/** Which stream the nth event goes to. */
type Workload = "own" | "fresh";
/** An order's name: a hash, so names come in no order. */
const order = (n: number): string => `order/0x${(Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0").repeat(8)}`;

interface Run {
  readonly perSecond: number;
  readonly p50?: number;
  readonly p99?: number;
  readonly loopMax?: number;
}

function bare(folder: string, workload: Workload): Run {
  const db = new DatabaseSync(join(folder, "bare.db"));
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL,
      at INTEGER NOT NULL, data TEXT NOT NULL, UNIQUE (stream, version)) STRICT`);
  const insert = db.prepare("INSERT INTO events (stream, version, kind, at, data) VALUES (?, ?, ?, ?, ?)");
  const started = performance.now();
  for (let n = 0; n < total; n += IN_FLIGHT) {
    db.exec("BEGIN IMMEDIATE");
    for (let i = 0; i < IN_FLIGHT; i++) {
      const own = workload === "own";
      insert.run(own ? `lane/${i}` : order(n + i), own ? n / IN_FLIGHT + 1 : 1, event.kind, Date.now(), JSON.stringify(data));
    }
    db.exec("COMMIT");
  }
  const perSecond = (Math.ceil(total / IN_FLIGHT) * IN_FLIGHT * 1000) / (performance.now() - started);
  db.close();
  return { perSecond };
}

async function ours(folder: string, workload: Workload, events = 1): Promise<Run> {
  const store = await openSqliteStore({ path: join(folder, "store.db") });
  const batch = Array.from({ length: events }, () => event);
  const appends = Math.ceil(total / events);
  const latencies = new Float64Array(appends);
  let next = 0;
  const caller = async (_: unknown, i: number): Promise<void> => {
    for (let round = 0; ; round++) {
      const n = next++;
      if (n >= appends) return;
      const at = performance.now();
      const own = workload === "own";
      await store.append([{ stream: own ? `lane/${i}` : order(n), expected: own ? round * events : 0, events: batch }]);
      latencies[n] = performance.now() - at;
    }
  };
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const started = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  const elapsed = performance.now() - started;
  loop.disable();
  await store.close();
  latencies.sort();
  const quantile = (q: number): number => latencies[Math.floor((appends - 1) * q)] ?? 0;
  return { perSecond: (appends * events * 1000) / elapsed, p50: quantile(0.5), p99: quantile(0.99), loopMax: loop.max / 1e6 };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly low: number;
  readonly high: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly eventLoopMaxMs: number | undefined;
}

function summary(name: string, runs: readonly Run[]): Row {
  const speeds = runs.map((run) => run.perSecond);
  const middle = (pick: (run: Run) => number | undefined): number | undefined => {
    const picked = runs.map(pick).filter((value) => value !== undefined);
    return picked.length === 0 ? undefined : Math.round(median(picked) * 10) / 10;
  };
  return {
    name,
    perSecond: Math.round(median(speeds)),
    low: Math.round(Math.min(...speeds)),
    high: Math.round(Math.max(...speeds)),
    p50Ms: middle((run) => run.p50),
    p99Ms: middle((run) => run.p99),
    eventLoopMaxMs: middle((run) => run.loopMax),
  };
}

const contenders: readonly (readonly [string, (folder: string) => Run | Promise<Run>])[] = [
  ["256 streams, bare, transactions of 256", (folder) => bare(folder, "own")],
  ["256 streams, ours, 1 event an append", (folder) => ours(folder, "own")],
  ["new streams, bare, transactions of 256", (folder) => bare(folder, "fresh")],
  ["new streams, ours, 1 event an append", (folder) => ours(folder, "fresh")],
  ["new streams, ours, 7 events an append", (folder) => ours(folder, "fresh", 7)],
];

const runs = contenders.map((): Run[] => []);
for (let round = 0; round <= rounds; round++) {
  for (const [c, [, run]] of contenders.entries()) {
    const folder = mkdtempSync(join(process.env["BENCH_DIR"] ?? process.cwd(), ".mintd-bench-"));
    try {
      const result = await run(folder);
      if (round > 0) runs[c]?.push(result); // the first round warms up
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

const rows = contenders.map(([name], c) => summary(name, runs[c] ?? []));
const ratio = (a: number, b: number): number => Math.round(((rows[a]?.perSecond ?? 0) / (rows[b]?.perSecond ?? 1)) * 100) / 100;
const sqlite = String(new DatabaseSync(":memory:").prepare("SELECT sqlite_version() AS v").get()?.["v"]);
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model ?? "unknown", node: process.version, sqlite };
const result = { machine, rounds, events: total, rows, ratio: { sameStreams: ratio(1, 0), newStreams: ratio(3, 2) } };

if (values.json) {
  console.log(JSON.stringify(result, null, 2));
} else {
  const number = (value: number | undefined, width: number): string =>
    (value === undefined ? "-" : value.toLocaleString("en-US")).padStart(width);
  console.log(`${machine.cores} cores (${machine.cpu}), Node ${machine.node}, SQLite ${sqlite}; ${rounds} rounds of ${total} events\n`);
  console.log(
    `${"durable events/s".padEnd(40)} ${"median".padStart(9)} ${"low".padStart(9)} ${"high".padStart(9)}   p50 ms   p99 ms   loop max ms`,
  );
  for (const row of rows) {
    console.log(
      `${row.name.padEnd(40)} ${number(row.perSecond, 9)} ${number(row.low, 9)} ${number(row.high, 9)} ${number(row.p50Ms, 8)} ${number(row.p99Ms, 8)} ${number(row.eventLoopMaxMs, 13)}`,
    );
  }
  console.log(`\nours / bare: ${result.ratio.sameStreams} on the same 256 streams, ${result.ratio.newStreams} on new streams`);
}
