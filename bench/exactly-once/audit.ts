import type { Rpc } from "../../src/chain/index.ts";
import { toQuantity } from "../../src/chain/rpc/rpc.ts";
import { idOf } from "./protocol.ts";
import type { Told } from "./told.ts";
import { type BlockWatch, mintLogs } from "./watch.ts";

/** What came of one contender in one scenario. Null where there is nothing to divide by. */
export interface Figures {
  readonly mined: number;
  readonly missing: number;
  /** Mints of an id beyond its first. */
  readonly duplicates: number;
  /** Mints of which the caller had heard nothing when time was up. */
  readonly stuck: number;
  /** Mints that the caller was told to be on the chain (of mintd: to be final), and that are not. */
  readonly falselyConfirmed: number;
  /** Mints that ended in an error for the caller, and errors that concerned no single mint. */
  readonly errors: number;
  /** Errors that a library threw where no caller can catch them; each would end an ordinary process. */
  readonly unhandled: number;
  readonly mintsPerSecond: number | null;
  readonly gasPerMint: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly callsPerMint: number | null;
  /** Seconds from the first mint handed over until everything was told or time was up. */
  readonly seconds: number;
  /** What the caller's errors said, and how often. */
  readonly errorKinds: Readonly<Record<string, number>>;
  /** What the proxy did. */
  readonly injected: Readonly<Record<string, number>>;
}

export interface Evidence {
  /** Of the node itself. */
  readonly rpc: Rpc;
  readonly contract: string;
  readonly topic: string;
  readonly watch: BlockWatch;
  readonly told: Told;
  readonly mints: number;
  /** Mints of the warm-up, whose numbers follow; they are in no figure. */
  readonly warmUps: number;
  /** The first block after the warm-up. */
  readonly firstBlock: number;
  readonly proxyCalls: Readonly<Record<string, number>>;
  readonly injected: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/**
 * Reads the canonical chain from its first block and holds what the caller was told against it.
 * @throws Error when a mint of the warm-up, where nothing goes wrong, is not there exactly once: nothing measured after it counts
 */
export async function audit(evidence: Evidence): Promise<Figures> {
  const { rpc, contract, topic, watch, told, mints, warmUps } = evidence;
  const head = Number(await rpc.request<string>("eth_blockNumber", []));
  const everything = await mintLogs(rpc, { address: contract, topics: [topic] }, 0, head);
  const ofWarmUp = new Set(Array.from({ length: warmUps }, (_, i): string => idOf(mints + i)));
  const warm = everything.flatMap(({ topics }) => topics[1] ?? []).filter((id) => ofWarmUp.has(id));
  const different = new Set(warm).size;
  if (warm.length !== warmUps || different !== warmUps)
    throw new Error(`of ${warmUps} mints of the warm-up ${different} are on the chain, and ${warm.length - different} repetitions`);
  const logs = everything.filter(({ topics }) => !ofWarmUp.has(topics[1] ?? ""));
  const includedAt = new Map<string, number>();
  for (const { topics, blockHash } of logs) {
    const id = topics[1] ?? "";
    if (!includedAt.has(id)) includedAt.set(id, watch.seenAt(blockHash) ?? Number.NaN);
  }
  const all = Array.from({ length: mints }, (_, mint) => mint);
  const mined = all.filter((mint) => includedAt.has(idOf(mint)));
  const latencies = mined
    .map((mint) => (includedAt.get(idOf(mint)) ?? Number.NaN) - (told.acceptedAt.get(mint) ?? Number.NaN))
    .toSorted((a, b) => a - b);
  const last = Math.max(...mined.map((mint) => includedAt.get(idOf(mint)) ?? 0));
  const calls = Object.values(evidence.proxyCalls).reduce((sum, count) => sum + count, 0);
  const each = (total: number): number | null => (mined.length === 0 ? null : total / mined.length);
  return {
    mined: mined.length,
    missing: mints - mined.length,
    duplicates: logs.length - includedAt.size,
    stuck: all.filter((mint) => !told.confirmed.has(mint) && !told.failed.has(mint)).length,
    falselyConfirmed: [...told.confirmed].filter((mint) => !includedAt.has(idOf(mint))).length,
    errors: told.errors,
    unhandled: told.unhandled,
    mintsPerSecond: mined.length === 0 ? null : mined.length / ((last - told.firstAcceptedAt) / 1_000),
    gasPerMint: each(await gasSpentOn(rpc, contract, evidence.firstBlock, head)),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    callsPerMint: each(calls),
    seconds: evidence.seconds,
    errorKinds: Object.fromEntries(told.errorKinds),
    injected: evidence.injected,
  };
}

const quantile = (sorted: readonly number[], q: number): number | null => sorted[Math.ceil(sorted.length * q) - 1] ?? null;

/** Of all transactions to the contract, the reverted ones too. */
async function gasSpentOn(rpc: Rpc, contract: string, from: number, head: number): Promise<number> {
  let gas = 0;
  for (let number = from; number <= head; number++) {
    const receipts = await rpc.request<{ to: string | null; gasUsed: string }[]>("eth_getBlockReceipts", [toQuantity(number)]);
    for (const { to, gasUsed } of receipts) if (to?.toLowerCase() === contract.toLowerCase()) gas += Number(gasUsed);
  }
  return gas;
}
