import type { Clock } from "../clock.ts";
import { wordsOf } from "./ethers-rpc.ts";

const tries = 8;
const pause = { firstMs: 50, factor: 2, mostMs: 500 };
const ofTheEndpoint = new Set(["SERVER_ERROR", "NETWORK_ERROR", "TIMEOUT", "UNKNOWN_ERROR", "BAD_DATA"]);

/**
 * Repeats reads while the endpoint fails, for about two seconds in all. Reads only.
 * @throws what the last try threw, and at once what says something of the transaction, such as that it reverts
 */
export async function readPatiently<T>(clock: Clock, read: () => Promise<T>): Promise<T> {
  let waitMs = pause.firstMs;
  for (let left = tries - 1; ; left--, waitMs = Math.min(waitMs * pause.factor, pause.mostMs)) {
    try {
      return await read();
    } catch (error) {
      if (left === 0 || !isOfTheEndpoint(error)) throw error;
      await clock.pause(waitMs);
    }
  }
}

/** ethers calls every error of an estimate a CALL_EXCEPTION; the node's own words say whether it is one. */
function isOfTheEndpoint(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, data, operation } = error as { code?: unknown; data?: unknown; operation?: unknown };
  if (typeof code !== "string") return error.name === "TypeError" || "errno" in error; // fetch and sockets
  if (code === "CALL_EXCEPTION") {
    const said = wordsOf(error);
    return (
      said !== undefined && (data === null || data === undefined) && !/revert|out of gas|invalid opcode|insufficient/i.test(said.message)
    );
  }
  // ethers swallows what the node said to its questions for fees, and says that there are none.
  if (code === "UNSUPPORTED_OPERATION") return operation === "signer.getFeeData" || operation === "getGasPrice";
  return ofTheEndpoint.has(code) || /^E[A-Z]+$/.test(code);
}
