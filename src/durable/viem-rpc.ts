import type { Client } from "viem";
import { outcomeOf, type Rpc, type RpcCall, type RpcOutcome, RpcRefused, RpcUnanswered } from "../chain/rpc/rpc.ts";
import { withinMs } from "./timeout.ts";

type Request = (call: { method: string; params: unknown }, options: { retryCount: number }) => Promise<unknown>;

/** A viem client as an endpoint: what the node said is told from what nobody heard. Its own retries are off: they hide which. */
export class ViemRpc implements Rpc {
  readonly #request: Request;
  readonly #timeoutMs: number;

  constructor(client: Client, timeoutMs: number) {
    this.#request = client.request as unknown as Request;
    this.#timeoutMs = timeoutMs;
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    try {
      return (await withinMs(this.#timeoutMs, method, this.#request({ method, params }, { retryCount: 0 }))) as T;
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

/** viem's errors as far as they are needed: the one that carries the node's words is somewhere in the chain of causes. */
interface Caused {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly details?: unknown;
  readonly data?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
}

function heard(method: string, error: unknown): RpcRefused | RpcUnanswered {
  if (error instanceof RpcUnanswered) return error;
  const chain = causesOf(error);
  const said = chain.find(({ name }) => name === "RpcRequestError") ?? (chain.some(isOfTheConnection) ? undefined : chain.find(isAnswer));
  if (said && said.status !== 429) return new RpcRefused(method, Number(said.code), String(said.details ?? said.message), said.data);
  const { name } = chain.at(-1) ?? {};
  return new RpcUnanswered(method, "the client", typeof name === "string" ? name : "the connection failed"); // without the cause: it has the URL
}

/** An EIP-1193 provider behind a `custom` transport gives its code and words itself; -1 is viem's for what it does not know. */
const isAnswer = ({ code }: Caused): boolean => typeof code === "number" && code !== -1;
const isOfTheConnection = ({ name }: Caused): boolean =>
  typeof name === "string" &&
  /^(HttpRequestError|TimeoutError|WebSocketRequestError|SocketClosedError|ResponseBodyTooLargeError)$/.test(name);

function causesOf(error: unknown): Caused[] {
  const chain: Caused[] = [];
  for (let each: unknown = error; typeof each === "object" && each !== null && chain.length < 16; each = (each as Caused).cause) {
    chain.push(each);
  }
  return chain;
}
