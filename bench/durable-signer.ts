/**
 * Of 200 transactions from one key, how many are on the chain, how many are missing and how many are there twice, when the
 * endpoint does what endpoints do: with ethers' NonceManager, viem's nonceManager, DurableSigner and durableNonceManager?
 *
 *   node bench/durable-signer.ts [--sends 200] [--rounds 5] [--seed 1] [--in-flight 32] [--json]
 *
 * Each contender has an anvil of its own (blocks of 100 ms) behind the same misbehaving endpoint (test/chaos/proxy: 5 % of the
 * calls rejected, 3 % of the answers lost, 1 % of the transactions dropped, 5 % of the reads stale) with the same seed; the
 * rounds count up from it and the contenders take turns. Each sends one wei to as many receivers, 32 calls under way, and
 * waits for each receipt; then the node itself is asked what every block has. ethers and viem also with five retries by
 * their caller, 100 ms apart, as people write them (ethers' manager is reset before each). The durable ones are called once
 * for each receiver: they have no retries around them, and no keys either, since nothing is killed here.
 *
 * `told` are calls that ended with a receipt. A round of a contender ends when all of its calls ended, or when nothing was
 * mined for 5 s. ethers throws errors of its background polling where nobody can catch them; they are not counted here.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { version as ethersVersion, Wallet } from "ethers";
import pLimit from "p-limit";
import { systemClock } from "../src/clock.ts";
import { Anvil } from "../test/anvil.ts";
import { FaultProxy } from "../test/chaos/proxy/index.ts";
import { Random } from "../test/chaos/random.ts";
import { type Contender, contenders } from "./durable-signer/contenders.ts";
import { keyAt } from "./exactly-once/protocol.ts";
import { median } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    sends: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    "in-flight": { type: "string", default: "32" },
    json: { type: "boolean", default: false },
  },
});
const [sends, rounds, firstSeed, inFlight] = [values.sends, values.rounds, values.seed, values["in-flight"]].map(Number) as [
  number,
  number,
  number,
  number,
];
const faults = { reject: 0.05, loseResponse: 0.03, drop: 0.01, stale: 0.05 };
const blockMs = 100;
const stallMs = 5_000;
const account = 2;

interface Figures {
  readonly told: number;
  readonly mined: number;
  readonly missing: number;
  readonly duplicates: number;
  readonly seconds: number;
}

const receiverOf = (n: number): `0x${string}` => `0x${(0xabc0_0000_0000n + BigInt(n)).toString(16).padStart(40, "0")}`;

/** What the node itself has: how often each receiver was sent to. */
async function received(anvil: Anvil, sender: string): Promise<Map<string, number>> {
  const head = Number(await anvil.rpc.request<string>("eth_blockNumber", []));
  const times = new Map<string, number>();
  for (let number = 0; number <= head; number++) {
    const block = await anvil.rpc.request<{ transactions: { from: string; to: string | null }[] }>("eth_getBlockByNumber", [
      `0x${number.toString(16)}`,
      true,
    ]);
    for (const { from, to } of block.transactions) {
      if (from === sender && to !== null && to !== sender) times.set(to, (times.get(to) ?? 0) + 1);
    }
  }
  return times;
}

async function run(contender: Contender, seed: number): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), "mintd-durable-signer-"));
  const anvil = await Anvil.start({ blockTime: blockMs / 1_000, args: ["--base-fee", "0"] });
  const proxy = await FaultProxy.start({ target: anvil.url, random: new Random(seed) });
  try {
    const privateKey = keyAt(account) as `0x${string}`;
    const sender = new Wallet(privateKey).address.toLowerCase();
    const caller = await contender.open({ url: proxy.url, privateKey, storePath: join(directory, "nonces.db"), pollMs: blockMs });
    proxy.beginAnew(faults);
    const limit = pLimit(inFlight);
    let told = 0;
    let over = false;
    const one = async (n: number): Promise<void> => {
      for (let left = contender.retries; !over; left--) {
        try {
          await caller.send(receiverOf(n));
          told++;
          return;
        } catch {
          if (left === 0) return;
          await systemClock.pause(100);
          caller.reset?.();
        }
      }
    };
    const began = performance.now();
    const all = Promise.all(Array.from({ length: sends }, (_, n) => limit(one, n))).then(() => (over = true));
    await Promise.race([all, stalled(anvil, sender, () => over)]);
    over = true;
    const seconds = (performance.now() - began) / 1_000;
    limit.clearQueue();
    proxy.faults = {};
    for (let i = 0; i < 3; i++) await anvil.mine(); // what is in the pool may still be mined
    const times = await received(anvil, sender);
    await caller.close();
    const mined = times.size;
    return { told, mined, missing: sends - mined, duplicates: [...times.values()].reduce((sum, count) => sum + count - 1, 0), seconds };
  } finally {
    await proxy.close();
    await anvil.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Resolves when nothing more was mined for a while. */
async function stalled(anvil: Anvil, sender: string, isOver: () => boolean): Promise<void> {
  let [count, since] = [-1, performance.now()];
  while (!isOver() && performance.now() - since < stallMs) {
    const now = Number(await anvil.rpc.request<string>("eth_getTransactionCount", [sender, "latest"]));
    if (now !== count) [count, since] = [now, performance.now()];
    await systemClock.pause(50);
  }
}

const figures = new Map<Contender, Figures[]>(contenders.map((contender) => [contender, []]));
process.on("unhandledRejection", () => undefined); // ethers' polling and calls that nobody waits for any more
for (let round = 0; round < rounds; round++) {
  for (const [contender, all] of figures) {
    const result = await run(contender, firstSeed + round);
    all.push(result);
    const { mined, missing, duplicates, told, seconds } = result;
    console.error(
      `${contender.title}, seed ${firstSeed + round}: ${told} told, ${mined} mined, ${missing} missing, ${duplicates} duplicates (${seconds.toFixed(1)} s)`,
    );
  }
}

const require = createRequire(import.meta.url);
const versionOf = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;
const about = { sends, rounds, seed: firstSeed, inFlight, blockMs, cores: availableParallelism(), node: process.version };
const versions = { ethers: ethersVersion, viem: versionOf("viem"), anvil: versionOf("@foundry-rs/anvil-linux-amd64") };
if (values.json) {
  const results = [...figures].map(([{ title, retries }, all]) => ({ title, retries, rounds: all }));
  console.log(JSON.stringify({ ...about, ...versions, results }, null, 2));
} else {
  console.log(
    `${sends} sends, ${rounds} rounds from seed ${firstSeed}, ${inFlight} under way, blocks of ${blockMs} ms, ${about.cores} cores, Node ${about.node}, ethers ${versions.ethers}, viem ${versions.viem}, anvil ${versions.anvil}\n`,
  );
  const columns = ["told", "mined", "missing", "duplicates", "seconds"] as const;
  console.log(`${"median (range)".padEnd(30)}${columns.map((column) => column.padStart(18)).join("")}`);
  for (const [{ title }, all] of figures) {
    const cells = columns.map((column) => shown(all.map((each) => each[column])).padStart(18));
    console.log(`${title.padEnd(30)}${cells.join("")}`);
  }
}
process.exit(0); // callers that were given up still wait for receipts

function shown(numbers: readonly number[]): string {
  const digits = numbers.every(Number.isInteger) ? 0 : 1;
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const middle = median(numbers).toFixed(digits);
  return least === most ? middle : `${middle} (${least.toFixed(digits)}-${most.toFixed(digits)})`;
}
