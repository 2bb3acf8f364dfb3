import { isRpcError, type Rpc, type RpcCall, type RpcOutcome } from "../chain/rpc/rpc.ts";
import type { Clock } from "../clock.ts";

const tries = 4;
const pause = { firstMs: 20, factor: 2 };

/**
 * The same endpoint, asked again where an answer failed. A look at the chain takes up to a hundred answers, and is worth
 * nothing when one is missing: with 8 % of them lost, hardly any look would succeed. For reads alone.
 */
export class PatientReads implements Rpc {
  readonly #rpc: Rpc;
  readonly #clock: Clock;

  constructor(rpc: Rpc, clock: Clock) {
    this.#rpc = rpc;
    this.#clock = clock;
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    let waitMs = pause.firstMs;
    for (let left = tries - 1; ; left--, waitMs *= pause.factor) {
      try {
        return await this.#rpc.request<T>(method, params);
      } catch (error) {
        if (left === 0 || !isRpcError(error)) throw error;
        await this.#clock.pause(waitMs);
      }
    }
  }

  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    const outcomes = await this.#rpc.each<T>(calls);
    let waitMs = pause.firstMs;
    for (let left = tries - 1; left > 0; left--, waitMs *= pause.factor) {
      const failed = outcomes.flatMap(({ ok }, i) => (ok ? [] : i));
      if (failed.length === 0) break;
      await this.#clock.pause(waitMs);
      const again = await this.#rpc.each<T>(failed.flatMap((i) => calls[i] ?? []));
      again.forEach((outcome, i) => (outcomes[failed[i] ?? -1] = outcome));
    }
    return outcomes;
  }
}
