import type { Answer, Call } from "./json-rpc.ts";
import type { Upstream } from "./upstream.ts";

/** Which parameter names the block, where there is one. */
const blockParameter: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_createAccessList: 1,
  eth_estimateGas: 1,
  eth_feeHistory: 1,
  eth_getBalance: 1,
  eth_getBlockByNumber: 0,
  eth_getBlockReceipts: 0,
  eth_getBlockTransactionCountByNumber: 0,
  eth_getCode: 1,
  eth_getProof: 2,
  eth_getStorageAt: 2,
  eth_getTransactionByBlockNumberAndIndex: 0,
  eth_getTransactionCount: 1,
  eth_simulateV1: 1,
};
/** A block that is not there yet is null for these, and an error for the ones that need its state. */
const nullAbove = new Set([
  "eth_getBlockByNumber",
  "eth_getBlockReceipts",
  "eth_getBlockTransactionCountByNumber",
  "eth_getTransactionByBlockNumberAndIndex",
]);

interface Located {
  readonly blockNumber: string | null;
}

/**
 * The node's answer as a node gives it that is `lag` blocks behind: it has no later block, receipt or log, and its pool does not
 * count what others know of (`pending` is `latest`). It takes transactions all the same.
 */
export async function answerBehind(upstream: Upstream, { method, params = [] }: Call, lag: number): Promise<Answer> {
  const head = Math.max(0, Number(await upstream.result<string>("eth_blockNumber", [])) - lag);
  if (method === "eth_blockNumber") return { result: toHex(head) };
  if (method === "eth_getLogs") return logs(upstream, params, head, lag);
  const index = blockParameter[method];
  if (index === undefined) return hidden(method, await upstream.call(method, params), head);
  const block = await resolved(upstream, params[index], head, lag);
  if (block.number !== undefined && block.number > head) {
    return nullAbove.has(method) ? { result: null } : { error: { code: -32_000, message: "header not found" } };
  }
  const asked = [...params];
  while (asked.length < index) asked.push(null);
  asked[index] = block.tag;
  return upstream.call(method, asked);
}

const toHex = (value: number): string => `0x${value.toString(16)}`;

/** A block as the node knows it; without a number where it is unknown or named by a hash that the node does not have. */
async function resolved(upstream: Upstream, tag: unknown, head: number, lag: number): Promise<{ tag: unknown; number?: number }> {
  if (tag === undefined || tag === null || tag === "latest" || tag === "pending") return { tag: toHex(head), number: head };
  if (tag === "earliest") return { tag, number: 0 };
  if (tag === "safe" || tag === "finalized") {
    const block = await upstream.result<{ number: string } | null>("eth_getBlockByNumber", [tag, false]);
    const number = Math.max(0, Number(block?.number ?? 0) - lag);
    return { tag: toHex(number), number };
  }
  if (typeof tag === "object" && "blockNumber" in tag) return { tag, number: Number(tag.blockNumber) };
  const hash = typeof tag === "object" && "blockHash" in tag ? tag.blockHash : tag;
  if (typeof hash !== "string" || hash.length !== 66) return { tag, number: Number(tag) };
  const block = await upstream.result<{ number: string } | null>("eth_getBlockByHash", [hash, false]);
  return block ? { tag, number: Number(block.number) } : { tag };
}

async function logs(upstream: Upstream, params: readonly unknown[], head: number, lag: number): Promise<Answer> {
  const filter = params[0] as { blockHash?: string; fromBlock?: string; toBlock?: string };
  let asked = filter;
  if (filter.blockHash === undefined) {
    const from = await resolved(upstream, filter.fromBlock, head, lag);
    const to = await resolved(upstream, filter.toBlock, head, lag);
    if ((from.number ?? 0) > head) return { result: [] };
    asked = { ...filter, fromBlock: toHex(from.number ?? 0), toBlock: toHex(Math.min(to.number ?? head, head)) };
  }
  const answer = await upstream.call("eth_getLogs", [asked]);
  if ("error" in answer) return answer;
  return { result: (answer.result as Located[]).filter(({ blockNumber }) => Number(blockNumber) <= head) };
}

/** Answers that name their block only themselves: by the hash of a block or a transaction. */
function hidden(method: string, answer: Answer, head: number): Answer {
  if ("error" in answer || answer.result === null || typeof answer.result !== "object") return answer;
  if (method === "eth_getBlockByHash") return Number((answer.result as { number: string }).number) > head ? { result: null } : answer;
  const { blockNumber } = answer.result as Partial<Located>;
  if (blockNumber === undefined || blockNumber === null || Number(blockNumber) <= head) return answer;
  if (method === "eth_getTransactionReceipt") return { result: null };
  if (method === "eth_getTransactionByHash") {
    return { result: { ...answer.result, blockNumber: null, blockHash: null, transactionIndex: null } };
  }
  return answer;
}
