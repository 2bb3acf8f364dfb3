import type { Interface, Result } from "ethers";
import { batch, type Rpc, RpcRefused, type RpcCall, toQuantity } from "../chain/rpc/rpc.ts";

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

/** Blocks that one eth_getLogs asks for at most; halved while a node says that it is too much. */
const mostBlocks = 2_000;

/** The newest block. @throws RpcUnanswered, RpcRefused */
export async function newestBlock(rpc: Rpc): Promise<Block> {
  const { number, hash, timestamp } = await rpc.request<{ number: string; hash: string; timestamp: string }>("eth_getBlockByNumber", [
    "latest",
    false,
  ]);
  return { number: Number(number), hash, timestamp: BigInt(timestamp) };
}

/** What the views answer after one block, in their order. @throws RpcUnanswered, RpcRefused also where the block was orphaned */
export async function readAll(rpc: Rpc, at: Block, views: readonly View[]): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < views.length; start += mostCalls) {
    const some = views.slice(start, start + mostCalls);
    const answers = await batch<string>(rpc, some.map(callOf(at)));
    some.forEach(({ abi, name }, i) => results.push(abi.decodeFunctionResult(name, answers[i] ?? "0x")));
  }
  return results;
}

const callOf =
  (at: Block) =>
  ({ to, abi, name, args = [] }: View): RpcCall => ({
    method: "eth_call",
    params: [{ to, data: abi.encodeFunctionData(name, args) }, { blockHash: at.hash }],
  });

/** The logs of blocks `from` to `to`, both included, in pieces that a node answers. @throws RpcUnanswered, RpcRefused */
export async function* logsOf(
  rpc: Rpc,
  address: string,
  topics: readonly unknown[],
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<RawLog[]> {
  let blocks = mostBlocks;
  for (let start = from; start <= to;) {
    const end = Math.min(to, start + blocks - 1);
    try {
      yield await rpc.request<RawLog[]>("eth_getLogs", [{ address, topics, fromBlock: toQuantity(start), toBlock: toQuantity(end) }]);
      start = end + 1;
    } catch (error) {
      if (!(error instanceof RpcRefused) || blocks === 1) throw error;
      blocks = Math.ceil(Math.min(blocks, end - start + 1) / 2);
    }
  }
}
