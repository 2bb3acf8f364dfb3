import type { RpcCall } from "./rpc.ts";

/**
 * Where a call goes. `read`: the best endpoint, the next one where it gave no answer. `quorum`: two endpoints that must
 * agree. `broadcast`: all endpoints at once. `primary`: the first endpoint, once, because it changes something there.
 */
export type Route = "read" | "quorum" | "broadcast" | "primary";

/** What steers or signs: repeating it at another node would do it twice. */
const changesTheNode = /^(anvil|hardhat|evm|miner|personal|admin)_|^eth_(sendTransaction|sign|signTransaction|signTypedData(_v\d)?)$/;

/** The way of a call through the pool. */
export function routeOf({ method, params }: RpcCall): Route {
  if (method === "eth_sendRawTransaction") return "broadcast";
  if (method === "eth_getTransactionCount" || method === "eth_getTransactionReceipt") return "quorum";
  if (method === "eth_getLogs" && isOfOneBlock(params[0])) return "quorum";
  return changesTheNode.test(method) ? "primary" : "read";
}

/** By hash; logs of a range are read from one endpoint, and what matters in them is read again by block or receipt. */
function isOfOneBlock(filter: unknown): boolean {
  return typeof filter === "object" && filter !== null && "blockHash" in filter;
}
