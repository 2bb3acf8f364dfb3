import type { Provider } from "ethers";
import { type Rpc, type RpcCall, type RpcOutcome, outcomeOf, RpcRefused, RpcUnanswered } from "../chain/rpc/rpc.ts";
import { ProviderUnsuitable } from "./errors.ts";
import { withinMs } from "./timeout.ts";

/** A provider through which a method can be called by its name: JsonRpcProvider, WebSocketProvider, BrowserProvider. */
interface Sender {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** An ethers provider as an endpoint: what the node said is told from what nobody heard. */
export class EthersRpc implements Rpc {
  readonly #provider: Sender;
  readonly #timeoutMs: number;

  /** @throws ProviderUnsuitable */
  constructor(provider: Provider, timeoutMs: number) {
    if (!("send" in provider) || typeof provider.send !== "function") {
      throw new ProviderUnsuitable("the signer's provider cannot call a method by its name", "connect it to a JsonRpcProvider");
    }
    this.#provider = provider as unknown as Sender;
    this.#timeoutMs = timeoutMs;
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    try {
      return (await withinMs(this.#timeoutMs, method, this.#provider.send(method, [...params]))) as T;
    } catch (error) {
      throw heard(method, error);
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

/** ethers keeps the node's own words in `error` or `info.error`; an error without them is one of the connection. */
function heard(method: string, error: unknown): RpcRefused | RpcUnanswered {
  if (error instanceof RpcUnanswered) return error;
  const said = wordsOf(error);
  if (said) return new RpcRefused(method, said.code, said.message, said.data);
  const why = error instanceof Error && "code" in error ? String(error.code) : "the connection failed";
  return new RpcUnanswered(method, "the provider", why); // without the cause: ethers puts URLs, and with them keys, into it
}

interface Words {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** What the node said, where it said anything. */
export function wordsOf(error: unknown): Words | undefined {
  const { error: direct, info } = error as { error?: unknown; info?: { error?: unknown } };
  return [direct, info?.error].find(
    (said): said is Words => typeof said === "object" && said !== null && "message" in said && typeof said.message === "string",
  );
}
