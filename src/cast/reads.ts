import type { Interface, Result } from "ethers";
import { batch, type Rpc, type RpcCall } from "../chain/rpc/rpc.ts";

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
