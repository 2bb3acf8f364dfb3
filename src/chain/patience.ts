import type { Clock } from "../clock.ts";
import { RpcRefused, RpcUnanswered } from "./rpc/rpc.ts";

const tries = 6;
const pause = { firstMs: 50, factor: 2 };

/**
 * Repeats reads of the chain while the endpoint fails, for about two seconds in all: a start should not fail because of one
 * lost answer. Reads only: whoever sends decides for himself what a repeat means.
 * @throws what the last try threw, and at once what is no failure of the endpoint
 */
export async function patiently<T>(clock: Clock, read: () => Promise<T>): Promise<T> {
  let waitMs = pause.firstMs;
  for (let left = tries - 1; ; left--, waitMs *= pause.factor) {
    try {
      return await read();
    } catch (error) {
      if (left === 0 || !(error instanceof RpcUnanswered || error instanceof RpcRefused)) throw error;
      await clock.pause(waitMs);
    }
  }
}
