import { RpcRefused } from "./rpc.ts";

/** -32005 is "limit exceeded" (EIP-1474), -32029 "too many requests"; some providers repeat the HTTP status. */
const codes: ReadonlySet<number> = new Set([-32_005, -32_029, 429]);
const words =
  /rate.?limit|too many requests|request (count|rate) exceeded|requests? per second|compute units|throughput|capacity limit exceeded|quota exceeded/i;
/** The same code is given for a question that is too big; asking it again elsewhere or later changes nothing. */
const tooBig = /range|results|logs|batch|response size|block count|gas limit/i;

/**
 * Whether a refusal only says that too much was asked in too little time. Nothing was done then and nothing was said of
 * the call itself, so it is no answer: HTTP 429 in another coat.
 */
export function isRateLimit(error: unknown): boolean {
  if (!(error instanceof RpcRefused)) return false;
  if (words.test(error.message)) return true;
  return codes.has(error.rpcCode) && !tooBig.test(error.message);
}
