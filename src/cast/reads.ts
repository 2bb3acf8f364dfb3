import type { Interface, Result } from "ethers";
import { batch, type Rpc, type RpcCall, RpcUnanswered, toQuantity } from "../chain/rpc/rpc.ts";

/** A block that reads are bound to: all that is read under it belongs together, whatever is mined or orphaned meanwhile. */
export interface Block {
  readonly number: number;
  readonly hash: string;
  /** Unix seconds. */
  readonly timestamp: bigint;
}

/** One view to ask. */
export interface View {
  readonly to: string;
  readonly abi: Interface;
  readonly name: string;
  readonly args?: readonly unknown[];
}

export interface RawLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
}

/** Calls in one request. */
const mostCalls = 100;
/** Requests at the same time: many positions are read within a block, and an endpoint still has room for others. */
const sideBySide = 8;

/** The newest block. @throws RpcUnanswered, RpcRefused */
export async function newestBlock(rpc: Rpc): Promise<Block> {
  const block = await blockOf(rpc, "latest");
  if (!block) throw new RpcUnanswered("eth_getBlockByNumber", "the endpoint", "it has no newest block");
  return block;
}

/** Whether the chain still has this block. @throws RpcUnanswered, RpcRefused */
export async function isCanonical(rpc: Rpc, { number, hash }: Block): Promise<boolean> {
  return (await blockOf(rpc, toQuantity(number)))?.hash === hash;
}

async function blockOf(rpc: Rpc, tag: string): Promise<Block | undefined> {
  const block = await rpc.request<{ number: string; hash: string; timestamp: string } | null>("eth_getBlockByNumber", [tag, false]);
  return block ? { number: Number(block.number), hash: block.hash, timestamp: BigInt(block.timestamp) } : undefined;
}

/** What the views answer after one block, in their order. @throws RpcUnanswered, RpcRefused also where the block was orphaned */
export async function readAll(rpc: Rpc, at: Block, views: readonly View[]): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < views.length; start += mostCalls * sideBySide) {
    const wave = views.slice(start, start + mostCalls * sideBySide);
    const batches = Array.from({ length: Math.ceil(wave.length / mostCalls) }, (_, i) => wave.slice(i * mostCalls, (i + 1) * mostCalls));
    results.push(...(await Promise.all(batches.map((some) => readBatch(rpc, at, some)))).flat());
  }
  return results;
}

async function readBatch(rpc: Rpc, at: Block, views: readonly View[]): Promise<Result[]> {
  const answers = await batch<string>(rpc, views.map(callOf(at)));
  return views.map(({ abi, name }, i) => abi.decodeFunctionResult(name, answers[i] ?? "0x"));
}

const callOf =
  (at: Block) =>
  ({ to, abi, name, args = [] }: View): RpcCall => ({
    method: "eth_call",
    params: [{ to, data: abi.encodeFunctionData(name, args) }, { blockHash: at.hash }],
  });
