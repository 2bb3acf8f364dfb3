import { RpcRefused } from "./rpc.ts";

/**
 * The data of a revert, as geth and anvil (`data`), and Hardhat (`data.data`), hand it out; "0x" for a revert without data,
 * undefined where the error is none.
 */
export function revertData(error: unknown): string | undefined {
  if (!(error instanceof RpcRefused)) return undefined;
  const { data, message } = error;
  const inner = typeof data === "object" && data !== null && "data" in data ? data.data : data;
  if (typeof inner === "string" && /^0x([0-9a-f]{2})*$/i.test(inner)) return inner;
  return /revert/i.test(message) ? "0x" : undefined;
}
