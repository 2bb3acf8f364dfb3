import { outcomeOf, type Rpc, type RpcCall, type RpcOutcome, type RpcRefused, RpcUnanswered } from "../chain/rpc/rpc.ts";
import { withinMs } from "./timeout.ts";

/** A library's way to a node as an endpoint, with a limit of its own: what the node said is told from what nobody heard. */
export abstract class LibraryRpc implements Rpc {
  readonly #timeoutMs: number;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  protected abstract ask(method: string, params: unknown[]): Promise<unknown>;

  /** What the library's error says. */
  protected abstract heard(method: string, error: unknown): RpcRefused | RpcUnanswered;

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    const late = (): Error => new RpcUnanswered(method, "the provider", `nothing within ${this.#timeoutMs} ms`);
    try {
      return (await withinMs(this.#timeoutMs, this.ask(method, [...params]), late)) as T;
    } catch (error) {
      throw error instanceof RpcUnanswered ? error : this.heard(method, error);
    }
  }

  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    const settled = await Promise.allSettled(calls.map(({ method, params }) => this.request<T>(method, params)));
    return settled.map((one) =>
      outcomeOf(() => {
        if (one.status === "rejected") throw one.reason;
        return one.value;
      }),
    );
  }
}
