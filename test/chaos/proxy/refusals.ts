import type { CallError } from "./json-rpc.ts";

/** What clients and providers say when they did not do what they were asked; true of any call. */
const ofAnyCall: readonly CallError[] = [
  { code: -32_005, message: "project ID request rate exceeded" },
  { code: 429, message: "Your app has exceeded its compute units per second capacity" },
  { code: -32_603, message: "Internal error" },
  { code: -32_002, message: "request timed out" },
  { code: -32_000, message: "backend is currently unhealthy" },
  { code: -32_005, message: "limit exceeded", data: { see: "https://example.org/limits" } },
];

/** The same of a transaction that did not get into the pool: geth, reth. */
const ofSends: readonly CallError[] = [
  { code: -32_000, message: "txpool is full" },
  { code: -32_003, message: "txpool is full" },
];

/** The refusal of a call at `point` of all that fit, a number in [0, 1). */
export function refusalOf(method: string, point: number): CallError {
  const fitting = method === "eth_sendRawTransaction" ? [...ofAnyCall, ...ofSends] : ofAnyCall;
  return fitting[Math.floor(point * fitting.length)] as CallError;
}
