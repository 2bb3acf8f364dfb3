import { type Rpc, type RpcCall, type RpcOutcome, RpcRefused } from "./rpc.ts";

/** What an EIP-1193 provider does, as far as it is needed here. */
export interface Eip1193 {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>;
}

/** A node in this process, behind the same door as one behind HTTP. */
export class ProviderRpc implements Rpc {
  readonly #provider: Eip1193;

  constructor(provider: Eip1193) {
    this.#provider = provider;
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    try {
      return (await this.#provider.request({ method, params: [...params] })) as T;
    } catch (error) {
      const { code, data } = error as { code?: unknown; data?: unknown };
      throw new RpcRefused(method, typeof code === "number" ? code : 0, error instanceof Error ? error.message : String(error), data);
    }
  }

  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    const settled = await Promise.allSettled(calls.map(({ method, params }) => this.request<T>(method, params)));
    return settled.map((one) =>
      one.status === "fulfilled" ? { ok: true, value: one.value } : { ok: false, error: one.reason as RpcRefused },
    );
  }
}
