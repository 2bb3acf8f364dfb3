import { isRpcError, type Rpc, toQuantity } from "./rpc.ts";

/** What logs are wanted. */
export interface LogFilter {
  readonly address: string | readonly string[];
  readonly topics: readonly unknown[];
}

/** Blocks that one eth_getLogs asks for at most; halved while a node says that it is too much. */
const mostBlocks = 2_000;

/**
 * The logs of blocks `from` to `to`, both included, in pieces that a node answers.
 * @throws RpcUnanswered, RpcRefused where not even one block is answered
 */
export async function* logPieces<T>(rpc: Rpc, filter: LogFilter, from: number, to: number): AsyncGenerator<T[]> {
  let blocks = mostBlocks;
  for (let start = from; start <= to;) {
    const end = Math.min(to, start + blocks - 1);
    try {
      yield await rpc.request<T[]>("eth_getLogs", [{ ...filter, fromBlock: toQuantity(start), toBlock: toQuantity(end) }]);
      start = end + 1;
    } catch (error) {
      if (!isRpcError(error) || blocks === 1) throw error;
      blocks = Math.max(1, Math.floor(Math.min(blocks, end - start + 1) / 2));
    }
  }
}
