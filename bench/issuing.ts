/**
 * How many vouchers are issued a second (number reserved, EIP-712 digest, signature) next to ethers' signTypedData on the
 * same core, and how many with all cores? Run: `node bench/issuing.ts [--sizes] [--json]`.
 *
 * Ours and theirs alternate in one process, seven rounds of each. `per core` counts the CPU time of all threads of the
 * process, so that work in a thread is not free; `a second` is by the clock, on all cores. Median and spread over the rounds.
 * `--sizes` measures what the pool's sizes are set by instead.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { solidityPackedKeccak256, version as ethersVersion, Wallet } from "ethers";
import type { Deployment } from "../src/chain/index.ts";
import { configSchema } from "../src/config/schema.ts";
import { inline, requestsOfBatch, SigningPool } from "../src/issue/index.ts";
import { openIssuing } from "../src/mintd.ts";
import { Secret } from "../src/secret.ts";
import { nativeSigner, type Redemption } from "../src/voucher/index.ts";
import { types } from "../test/src/voucher/reference.ts";
import { openNumbers } from "./nonces/reserving.ts";
import { median, spread } from "./statistics.ts";

const rounds = 7;
const key = new Secret(`0x${"5a".repeat(32)}`);
const minter = "0x55AC5436e68305A0C54297642163A8FdF23BbA0a";
const domain = { chainId: 31_337, verifyingContract: minter };
const to = "0x06F5a60442F3A7919f3F035833a539b57393a652";
const uriDigest = `0x${"22".repeat(32)}`;
const second = 1_750_000_000;
const contract = { address: minter, args: [], codeHash: `0x${"00".repeat(32)}` };
const deployment: Deployment = {
  ...{ network: "local", chainId: 31_337, genesisHash: `0x${"11".repeat(32)}`, block: 0, admin: to },
  contracts: { AccessManager: contract, VoucherMinter: contract, EditionMinter: contract },
};

/** Vouchers per second of CPU time of the whole process, and per second by the clock. */
interface Rate {
  readonly perCore: number;
  readonly perSecond: number;
}

async function rate(count: number, work: () => Promise<unknown>): Promise<Rate> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { perCore: (count * 1e6) / (user + system), perSecond: (count * 1e3) / (performance.now() - start) };
}

let made = 0;
const redemption = (txCount: bigint): Redemption => ({
  ...{ to, quantity: 1, txCount, alignedSecond: second, uriDigest },
  orderId: `0x${(++made).toString(16).padStart(64, "0")}`,
});
const many = (count: number): Redemption[] => Array.from({ length: count }, (_, i) => redemption(BigInt(i)));

interface Contestant {
  readonly name: string;
  readonly count: number;
  readonly work: () => Promise<unknown>;
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");

async function contest(contestants: readonly Contestant[]): Promise<Map<string, Rate[]>> {
  const rates = new Map(contestants.map(({ name }): [string, Rate[]] => [name, []]));
  for (const { work } of contestants) await work(); // warm
  for (let round = 0; round < rounds; round++) {
    for (const { name, count, work } of contestants) rates.get(name)?.push(await rate(count, work));
  }
  return rates;
}

/**
 * Runs `work` and returns the most CPU time, in milliseconds, that this thread spent between two turns of its event loop. Not
 * by the clock, which would count what other programs took from it.
 */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let [worst, over] = [0, false];
  let last = process.threadCpuUsage();
  const turn = () => {
    const { user, system } = process.threadCpuUsage(last);
    worst = Math.max(worst, (user + system) / 1_000);
    last = process.threadCpuUsage();
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  over = true;
  return worst;
}

async function issuing(json: boolean): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "mintd-issuing-"));
  const here = inline(nativeSigner(key, { backend: "libsecp256k1" }));
  const pool = new SigningPool({ key });
  const { store, nonces: numbers } = await openNumbers(join(root, "numbers.db"));
  const open = (name: string, signer: typeof here) =>
    openIssuing({
      ...{ config: configSchema.parse({ orders: { maxIssued: 1_000_000 } }), deployment, voucherKey: key, signer },
      ...{ storePath: join(root, name), seconds: { second: () => second } },
    });
  const inlineIssuing = await open("inline.db", here);
  const pooledIssuing = await open("pooled.db", pool);
  let batch = 0;
  const issue = async (with_: typeof inlineIssuing, count: number) => {
    const requests = await requestsOfBatch((++batch).toString(16).padStart(32, "0"), count, {
      tenant: "default",
      to,
      quantity: 1,
      uriDigest,
    });
    for await (const issued of with_.issuer.issue(requests)) if (issued.outcome !== "issued") throw new Error(issued.outcome);
  };
  const wallet = new Wallet(key.reveal());
  const ethersDomain = { name: "mintd", version: "1", ...domain };
  const theirs = async (count: number) => {
    for (const { txCount, alignedSecond, ...rest } of many(count)) {
      const hybridNonce = solidityPackedKeccak256(["uint256", "uint64"], [txCount, alignedSecond]);
      await wallet.signTypedData(ethersDomain, types, { ...rest, hybridNonce });
    }
  };
  const rates = await contest([
    { name: "ethers signTypedData", count: 512, work: () => theirs(512) },
    {
      name: "reserve + digest + sign",
      count: 4_096,
      work: async () => here.sign(domain, (await numbers.reserve(4_096)).map(redemption)),
    },
    { name: "Issuer, orders durable", count: 4_096, work: () => issue(inlineIssuing, 4_096) },
    { name: "pool, digest + sign", count: 16_384, work: () => pool.sign(domain, many(16_384)) },
    { name: "Issuer with pool, orders durable", count: 8_192, work: () => issue(pooledIssuing, 8_192) },
  ]);
  const held = [await longestHold(() => issue(pooledIssuing, 16_384)), await longestHold(() => issue(inlineIssuing, 16_384))];
  await inlineIssuing.close();
  await pooledIssuing.close();
  await store.close();
  await rm(root, { recursive: true, force: true });
  const environment = { node: process.version, ethers: ethersVersion, cores: availableParallelism(), rounds };
  const base = median((rates.get("ethers signTypedData") ?? []).map(({ perCore }) => perCore));
  const results = [...rates].map(([name, all]) => {
    const [perCore, perSecond] = [all.map((each) => each.perCore), all.map((each) => each.perSecond)];
    return {
      name,
      perCore: median(perCore),
      perCoreSpread: spread(perCore),
      perSecond: median(perSecond),
      perSecondSpread: spread(perSecond),
      ratio: median(perCore) / base,
    };
  });
  if (json) {
    console.log(JSON.stringify({ environment, results, eventLoopHeldMs: held }, undefined, 2));
    return;
  }
  console.log(`node ${environment.node}, ethers ${ethersVersion}, cores ${environment.cores}, rounds ${rounds}`);
  for (const { name, perCore, perCoreSpread, perSecond, perSecondSpread, ratio } of results) {
    const core = `${whole(perCore)} per core (${perCoreSpread})`;
    console.log(
      `${name.padEnd(34)} ${core.padEnd(32)} ${`${whole(perSecond)} a second (${perSecondSpread})`.padEnd(34)} x${ratio.toFixed(1)} per core`,
    );
  }
  const [pooled, inTurn] = held.map((ms) => ms.toFixed(1));
  console.log(`longest hold of the event loop while 16,384 vouchers were issued: ${pooled} ms with the pool, ${inTurn} ms without`);
}

/** What the pool's sizes are set by: vouchers a second for each size of a message, and small jobs here and in threads. */
async function sizes(): Promise<void> {
  const work = many(8_192);
  const pools = [8, 16, 32, 64, 128, 256].map((perMessage) => ({
    perMessage,
    pool: new SigningPool({ key, perMessage }),
    rates: [] as number[],
  }));
  for (const { pool } of pools) await pool.sign(domain, work); // warm
  for (let round = 0; round < rounds; round++) {
    for (const { pool, rates } of pools) rates.push((await rate(work.length, () => pool.sign(domain, work))).perSecond);
  }
  for (const { perMessage, pool, rates } of pools) {
    await pool.close();
    console.log(`${String(perMessage).padStart(4)} vouchers a message: ${whole(median(rates))} vouchers/s (${spread(rates)})`);
  }
  const here = inline(nativeSigner(key));
  const pool = new SigningPool({ key, fewest: 0 });
  await pool.sign(domain, work);
  for (const count of [1, 4, 8, 16, 32, 64]) {
    const some = work.slice(0, count);
    const times: [number[], number[]] = [[], []];
    for (let i = 0; i < 60; i++) {
      for (const [at, signer] of [here, pool].entries()) {
        const start = performance.now();
        await signer.sign(domain, some);
        times[at]?.push(performance.now() - start);
      }
    }
    const [inTurn, threaded] = times.map(median);
    console.log(
      `job of ${String(count).padStart(3)}: ${inTurn?.toFixed(2) ?? ""} ms in the calling thread, ${threaded?.toFixed(2) ?? ""} ms by the pool`,
    );
  }
  await pool.close();
}

await (process.argv.includes("--sizes") ? sizes() : issuing(process.argv.includes("--json")));
