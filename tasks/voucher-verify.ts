import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { headOf, isSigner, minterOf, MintLogReader, readDeployment, type Rpc, usedBits } from "../src/chain/index.ts";
import { type Verdict, verifyVoucher } from "../src/issue/index.ts";
import { minterNamed } from "./arguments.ts";
import { addressOf, taskContext } from "./context.ts";
import { factTable, grouped, print, reporting, rowTable } from "./print.ts";
import { readVoucherFile } from "./voucher-file.ts";
import { machineClock } from "./window.ts";

interface Args {
  readonly file: string;
  readonly chain: boolean;
  readonly minter: string;
  readonly json: boolean;
}

const states = ["holds", "ahead", "expired", "redeemed", "cancelled", "bad"] as const;

/** A voucher of the file. */
interface Line {
  readonly line: number;
  readonly state: (typeof states)[number];
  readonly number?: string;
  readonly orderId?: string;
  readonly signer?: string;
  readonly code?: string;
  readonly problem?: string;
}

/** Lines that are printed. */
const shown = 20;

const action: NewTaskActionFunction<Args> = ({ file, chain, minter, json }, hre) =>
  reporting(json, async () => {
    const context = await taskContext(hre);
    const deployment = await readDeployment(context.deployments, context.network);
    const { chainId, block } = deployment;
    const { address } = minterOf(deployment, minterNamed(minter));
    const signer = addressOf(context.keys.voucher);
    const now = chain ? await chainSecond(context.rpc) : Math.floor(Date.now() / 1_000);
    // With the chain at hand, it says who may sign.
    const expected = { domain: { chainId, verifyingContract: address }, now, ...(!chain && { signer }) };
    let lines: Line[] = [];
    for await (const each of readVoucherFile(file, "npx hardhat voucher:verify vouchers.jsonl")) {
      if ("json" in each) lines.push({ line: each.line, ...lineOf(verifyVoucher(each.json, expected)) });
      else lines.push({ line: each.line, state: "bad", code: "INVALID_VOUCHER", problem: each.problem });
    }
    lines = twice(lines);
    if (chain) lines = await onChain(lines, context.rpc, address, block);
    const counts = Object.fromEntries(states.map((state) => [state, lines.filter((line) => line.state === state).length]));
    const useless = lines.filter(({ state }) => state !== "holds" && state !== "ahead");
    print(json, { file, vouchers: lines.length, ...counts, now, chain, lines }, () =>
      [
        factTable([["vouchers", lines.length], ...Object.entries(counts)]),
        ...(useless.length === 0 ? [] : [rowTable(["line", "number", "state", "why"], useless.slice(0, shown).map(rowOf))]),
        ...(useless.length > shown ? [`and ${grouped(useless.length - shown)} more`] : []),
        ...(chain ? [] : [machineClock]),
      ].join("\n"),
    );
    if (useless.length > 0) process.exitCode = 1;
  });

const rowOf = ({ line, number, state, problem }: Line) => [line, number ?? "-", state, problem ?? ""];

function lineOf(verdict: Verdict): Omit<Line, "line"> {
  const { state, voucher, signer } = verdict;
  return {
    state,
    ...(voucher && { number: voucher.redemption.txCount.toString(), orderId: voucher.redemption.orderId }),
    ...(signer !== undefined && { signer }),
    ...("problem" in verdict && { code: verdict.code, problem: verdict.problem }),
  };
}

/** One number stands for one order: of two vouchers with one number, for different orders, only one mints. */
function twice(lines: readonly Line[]): Line[] {
  const orders = new Map<string, string>();
  return lines.map((each): Line => {
    if (each.number === undefined || each.orderId === undefined || each.state === "bad") return each;
    const before = orders.get(each.number);
    orders.set(each.number, before ?? each.orderId);
    const clash = before !== undefined && before !== each.orderId;
    return clash ? { ...each, state: "bad", code: "INVALID_VOUCHER", problem: "another order's voucher above has this number" } : each;
  });
}

async function chainSecond(rpc: Rpc): Promise<number> {
  const head = await rpc.request<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
  return Number(head.timestamp);
}

/** What the chain adds: whether each signer may sign, and what became of each number. */
async function onChain(lines: readonly Line[], rpc: Rpc, minter: string, deployedAt: number): Promise<Line[]> {
  const signers = new Set(lines.flatMap(({ signer }) => signer ?? []));
  const may = new Set<string>();
  for (const signer of signers) if (await isSigner(rpc, minter, signer)) may.add(signer);
  const looked = lines.filter(({ state, number }) => state !== "bad" && number !== undefined);
  const words = [...new Set(looked.map(({ number }) => BigInt(number ?? 0) >> 8n))];
  const used = await usedBits(rpc, minter, words);
  const head = await headOf(rpc);
  const cancelled = new Map<bigint, bigint>();
  const touched = words.filter((word) => used.get(word) !== 0n);
  if (touched.length > 0) {
    for await (const { log } of new MintLogReader(rpc, minter).cancellations(touched, deployedAt, head)) {
      cancelled.set(log.word, (cancelled.get(log.word) ?? 0n) | log.mask);
    }
  }
  const has = (bits: Map<bigint, bigint>, number: bigint) => (((bits.get(number >> 8n) ?? 0n) >> (number & 0xffn)) & 1n) === 1n;
  return lines.map((each): Line => {
    if (each.state === "bad" || each.number === undefined) return each;
    const number = BigInt(each.number);
    if (!may.has(each.signer ?? "")) {
      const problem = `${each.signer ?? ""} may not sign for this minter`;
      return { ...each, state: "bad", code: "SIGNER_NOT_AUTHORISED", problem };
    }
    if (has(cancelled, number)) return { ...each, state: "cancelled" };
    return has(used, number) ? { ...each, state: "redeemed" } : each;
  });
}

export default action;
