/**
 * How fast are voucher numbers counted, leased and given out, and does anything ever give one twice?
 *
 *   npm run bench:nonces [-- --only counters,reserve,issue,offered,kills --rounds 5 --seconds 60 --kills 1000 --json]
 *
 * counters: 10 M increments by worker threads, ways side by side, rounds alternating; the mutex and the one atomic are here for
 * comparison alone. reserve: numbers from durable leases (fsynced), one process. issue: vouchers beside ethers' signTypedData
 * (bench/issuing.ts). offered: reservations at a fixed rate while
 * shards move between four nodes and the shard map changes. kills: processes that reserve and are killed at random times.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../test/chaos/random.ts";
import { killWhileReserving } from "../test/src/nonce/kills.ts";
import { timeCounting, titles, type Way, ways } from "./nonces/counters.ts";
import { offerLoad } from "./nonces/offered.ts";
import { reservingSpeed } from "./nonces/reserving.ts";
import { median } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "counters,reserve,issue,offered,kills" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "60" },
    kills: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Random.fresh().seed) },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const INCREMENTS = 10_000_000;
const THREADS = [1, 2, 4] as const;
const COUNTS = [1, 8, 64, 256] as const;

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const say = (text: string): void => {
  if (!values.json) console.log(text);
};

/** Runs work in a folder of its own, on the disk of this folder and not in memory. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(process.cwd(), ".mintd-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function counters() {
  const times = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const threads of THREADS) {
      for (const way of ways) {
        const key = `${way}/${threads}`;
        times.set(key, [...(times.get(key) ?? []), await timeCounting(way, threads, INCREMENTS)]);
      }
    }
  }
  const at = (way: Way, threads: number): readonly number[] => times.get(`${way}/${threads}`) ?? [];
  const ratios = (way: Way, threads: number): number[] =>
    at("mutex", threads).map((mutex, round) => mutex / (at(way, threads)[round] ?? NaN));
  const rows = ways.map((way) => ({
    way: titles[way],
    ns: THREADS.map((threads) => median(at(way, threads))),
    timesFaster: THREADS.map((threads) => median(ratios(way, threads))),
    atFour: { low: Math.min(...ratios(way, 4)), high: Math.max(...ratios(way, 4)) },
  }));
  say(`\n10 M increments, ns each over all workers together, median of ${rounds} rounds   [how many times as fast as the mutex]`);
  say(`${"".padEnd(38)} ${THREADS.map((threads) => `${threads} worker(s)`.padStart(16)).join("")}   spread at 4`);
  for (const { way, ns, timesFaster, atFour } of rows) {
    const cells = ns.map((each, i) => `${each.toFixed(1)} [${(timesFaster[i] ?? NaN).toFixed(1)}x]`.padStart(16)).join("");
    say(`${way.padEnd(38)} ${cells}   ${atFour.low.toFixed(1)}x-${atFour.high.toFixed(1)}x`);
  }
  return rows;
}

async function reserve() {
  const rows = [];
  say(`\nreserve() with durable leases, one process, 64 callers, median of ${rounds} rounds`);
  say(`${"numbers a call".padStart(14)} ${"numbers/s".padStart(14)} ${"calls/s".padStart(12)} ${"leases/s".padStart(10)}`);
  for (const count of COUNTS) {
    const speeds = [];
    for (let round = 0; round < rounds; round++)
      speeds.push(await inFolder((folder) => reservingSpeed(join(folder, "store.db"), count, 1_000)));
    const row = {
      count,
      numbersPerSecond: median(speeds.map(({ numbersPerSecond }) => numbersPerSecond)),
      callsPerSecond: median(speeds.map(({ callsPerSecond }) => callsPerSecond)),
      leasesPerSecond: median(speeds.map(({ leases }) => leases)),
    };
    rows.push(row);
    say(
      `${String(count).padStart(14)} ${whole(row.numbersPerSecond).padStart(14)} ${whole(row.callsPerSecond).padStart(12)} ${whole(row.leasesPerSecond).padStart(10)}`,
    );
  }
  return rows;
}

async function offered() {
  const load = { perSecond: 10_000, seconds: Number(values.seconds), moveEveryMs: 50, remapEveryMs: 1_000, mapAgeMs: 100 };
  say(
    `\n${whole(load.perSecond)} reservations/s offered for ${load.seconds} s; a shard moves every ${load.moveEveryMs} ms, the map changes every second, callers' maps are up to ${load.mapAgeMs} ms old`,
  );
  const report = await inFolder((folder) =>
    offerLoad(join(folder, "store.db"), load, (second) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${second}/${load.seconds} s `);
    }),
  );
  const refusals =
    Object.entries(report.failures)
      .map(([code, count]) => `${count} ${code}`)
      .join(", ") || "0";
  const drifts = ((100 * report.drifted) / report.offered).toFixed(2);
  say(`offered ${whole(report.offered)}, failed ${refusals}, numbers given twice ${report.repeats}`);
  say(`moves ${report.moves}, maps ${report.maps}, attempts routed again ${whole(report.drifted)} (${drifts} %)`);
  say(`from due to served: p50 ${report.p50Ms.toFixed(1)} ms, p99 ${report.p99Ms.toFixed(1)} ms, longest ${report.maxMs.toFixed(1)} ms`);
  return report;
}

async function kills() {
  const count = Number(values.kills);
  let killed = 0;
  const seen = (): void => {
    killed++;
    if (process.stderr.isTTY) process.stderr.write(`\r${killed}/${count} kills `);
  };
  const half = (n: number, seed: number) => inFolder((folder) => killWhileReserving(join(folder, "store.db"), n, new Random(seed), seen));
  const seed = Number(values.seed);
  const halves = await Promise.all([half(Math.ceil(count / 2), seed), half(Math.floor(count / 2), seed + 1)]);
  const sum = (pick: (report: (typeof halves)[number]) => number): number => halves.reduce((total, each) => total + pick(each), 0);
  const report = {
    kills: sum((r) => r.kills),
    giving: sum((r) => r.giving),
    numbers: sum((r) => r.numbers),
    repeats: sum((r) => r.repeats),
  };
  say(`\n${whole(report.kills)} SIGKILLs at random times, on two stores (--seed ${seed})`);
  say(`${whole(report.giving)} processes were giving numbers out; ${whole(report.numbers)} numbers given, ${report.repeats} of them twice`);
  return { seed, ...report };
}

/** A program of its own, which runs alone too. */
function issue(): Promise<unknown> {
  const file = join(import.meta.dirname, "issuing.ts");
  if (!values.json) {
    say("");
    spawnSync(process.execPath, [file], { stdio: ["ignore", "inherit", "inherit"] });
    return Promise.resolve(undefined);
  }
  const { stdout } = spawnSync(process.execPath, [file, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  return Promise.resolve(JSON.parse(stdout.toString()));
}

const parts = { counters, reserve, issue, offered, kills } as const;
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model ?? "unknown", node: process.version };
say(`${machine.cores} cores (${machine.cpu}), Node ${machine.node}`);
const results: Record<string, unknown> = { machine };
for (const name of values.only.split(",")) {
  if (!(name in parts)) throw new RangeError(`--only ${name}: choose of ${Object.keys(parts).join(",")}`);
  results[name] = await parts[name as keyof typeof parts]();
}
if (values.json) console.log(JSON.stringify(results, undefined, 2));
