import { isRpcError, type Rpc, type RpcCall, type RpcOutcome } from "./rpc.ts";
import type { RpcPool } from "./rpc-pool.ts";

/**
 * A pool that is opened by the first call: a task that only reads its store needs no chain, and one that starts the chain
 * itself cannot ask it before. Where opening failed, the next call tries again.
 */
export class OnDemandRpc implements Rpc {
  readonly #open: () => Promise<RpcPool>;
  #pool: Promise<RpcPool> | undefined;

  constructor(open: () => Promise<RpcPool>) {
    this.#open = open;
  }

  /** The open pool. @throws what RpcPool.open throws */
  pool(): Promise<RpcPool> {
    this.#pool ??= this.#open().catch((error: unknown) => {
      this.#pool = undefined;
      throw error;
    });
    return this.#pool;
  }

  /** @throws ChainMismatch besides what every endpoint may throw */
  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    return (await this.pool()).request<T>(method, params);
  }

  /** @throws ChainMismatch */
  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    try {
      return await (await this.pool()).each<T>(calls);
    } catch (error) {
      if (!isRpcError(error)) throw error;
      return calls.map(() => ({ ok: false, error }));
    }
  }

  /** Closes the pool, if there is one. */
  async close(): Promise<void> {
    const pool = await this.#pool?.catch(() => undefined); // it failed to open: its caller heard of it
    await pool?.close();
  }
}
