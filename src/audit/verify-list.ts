import { headOf, type Located, type MintLogReader, type Rpc } from "../chain/index.ts";
import { levelDepth } from "../order/index.ts";
import type { Minted } from "../voucher/index.ts";

/** A row of the list as the chain must show it. */
export interface ExpectedMint {
  readonly orderId: string;
  readonly to: string;
  readonly quantity: number;
  /** The row's id and line, for people. */
  readonly id: string;
  readonly line: number;
}

/** A row that the chain does not show as it should, and how. */
export interface Finding {
  readonly line: number;
  readonly id: string;
  readonly kind: "missing" | "duplicate" | "wrong" | "not final";
  readonly detail: string;
}

export interface VerifyReport {
  readonly rows: number;
  /** Rows minted at least once. */
  readonly minted: number;
  /** Mints beyond the first of a row. */
  readonly duplicates: number;
  readonly tokens: number;
  /** Rows whose mint is at least this deep. */
  readonly tentative: number;
  readonly auditable: number;
  readonly final: number;
  readonly transactions: number;
  /** Of all transactions that carried a row. */
  readonly gasUsed: number;
  /** Mints of the same minter that are not in the list. */
  readonly others: number;
  readonly head: number;
  readonly findings: readonly Finding[];
  /** Every row minted exactly once, to the right receiver, and final. */
  readonly ok: boolean;
}

export interface VerifyParts {
  readonly rpc: Rpc;
  readonly reader: MintLogReader;
  /** Block below which no mint lies. */
  readonly deployedAt: number;
}

interface Seen {
  readonly expected: ExpectedMint;
  readonly mints: { block: number; txHash: string; problem?: string }[];
}

/**
 * Holds the list against the chain, and against nothing else: `Minted` logs say which rows were minted, the token's own
 * transfer logs that the tokens went where they should. Reads no book of the service.
 */
export async function verifyList(rows: AsyncIterable<ExpectedMint>, { rpc, reader, deployedAt }: VerifyParts): Promise<VerifyReport> {
  const seen = new Map<string, Seen>();
  for await (const expected of rows) seen.set(expected.orderId, { expected, mints: [] });
  const head = await headOf(rpc);
  let others = 0;
  for await (const { minted, transfers } of reader.withTransfers(deployedAt, head)) {
    for (const mint of minted) {
      const row = seen.get(mint.log.orderId);
      if (!row) others++;
      else row.mints.push({ block: mint.block, txHash: mint.txHash, ...problemOf(mint, row.expected, transfers) });
    }
  }
  return report(seen, others, head, await gasOf(rpc, seen));
}

function problemOf(mint: Located<Minted>, expected: ExpectedMint, transfers: ReadonlyMap<string, number>): { problem?: string } {
  const { to, quantity, firstTokenId } = mint.log;
  if (to.toLowerCase() !== expected.to.toLowerCase()) return { problem: `minted to ${to}, the list says ${expected.to}` };
  if (quantity !== BigInt(expected.quantity)) return { problem: `minted ${quantity.toString()}, the list says ${expected.quantity}` };
  // Cast tokens have no ids: one transfer of the whole amount.
  if (firstTokenId === 0n) {
    const created = transfers.get(`${mint.txHash}/${to.toLowerCase()}/0`) ?? 0;
    return created < expected.quantity ? { problem: `the token shows ${created} of ${expected.quantity} units` } : {};
  }
  let moved = 0;
  for (let token = firstTokenId; token < firstTokenId + quantity; token++)
    moved += transfers.get(`${mint.txHash}/${to.toLowerCase()}/${token.toString()}`) ?? 0;
  const edition = transfers.get(`${mint.txHash}/${to.toLowerCase()}/${firstTokenId.toString()}`) ?? 0;
  if (moved < expected.quantity && edition < expected.quantity)
    return { problem: `the token shows ${moved} transfers instead of ${expected.quantity}` };
  return {};
}

async function gasOf(rpc: Rpc, seen: ReadonlyMap<string, Seen>): Promise<{ transactions: number; gasUsed: number }> {
  const hashes = new Set([...seen.values()].flatMap(({ mints }) => mints.map(({ txHash }) => txHash)));
  let gasUsed = 0;
  for (const hash of hashes) {
    const receipt = await rpc.request<{ gasUsed: string } | null>("eth_getTransactionReceipt", [hash]);
    gasUsed += Number(receipt?.gasUsed ?? 0);
  }
  return { transactions: hashes.size, gasUsed };
}

function report(
  seen: ReadonlyMap<string, Seen>,
  others: number,
  head: number,
  gas: { transactions: number; gasUsed: number },
): VerifyReport {
  const findings: Finding[] = [];
  const counts = { minted: 0, duplicates: 0, tokens: 0, tentative: 0, auditable: 0, final: 0 };
  for (const { expected, mints } of seen.values()) {
    const find = (kind: Finding["kind"], detail: string) => findings.push({ line: expected.line, id: expected.id, kind, detail });
    const [first] = mints;
    if (!first) {
      find("missing", "no mint of this row is on the chain");
      continue;
    }
    const depth = head - first.block + 1;
    counts.minted++;
    counts.tokens += expected.quantity;
    for (const level of ["tentative", "auditable", "final"] as const) counts[level] += depth >= levelDepth[level] ? 1 : 0;
    if (depth < levelDepth.final) find("not final", `its block ${first.block} has depth ${depth} of ${levelDepth.final}`);
    if (mints.length > 1) {
      counts.duplicates += mints.length - 1;
      find("duplicate", `minted ${mints.length} times, in ${mints.map(({ txHash }) => txHash).join(", ")}`);
    }
    for (const { problem } of mints) if (problem !== undefined) find("wrong", problem);
  }
  return { rows: seen.size, ...counts, ...gas, others, head, findings, ok: findings.length === 0 };
}
