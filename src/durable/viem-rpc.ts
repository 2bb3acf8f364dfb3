import type { Client } from "viem";
import { RpcRefused, RpcUnanswered } from "../chain/rpc/rpc.ts";
import { LibraryRpc } from "./library-rpc.ts";

type Request = (call: { method: string; params: unknown }, options: { retryCount: number }) => Promise<unknown>;

/** A viem client as an endpoint. Its own retries are off: they hide what nobody heard. */
export class ViemRpc extends LibraryRpc {
  readonly #request: Request;

  constructor(client: Client, timeoutMs: number) {
    super(timeoutMs);
    this.#request = client.request as unknown as Request;
  }

  protected ask(method: string, params: unknown[]): Promise<unknown> {
    return this.#request({ method, params }, { retryCount: 0 });
  }

  protected heard(method: string, error: unknown): RpcRefused | RpcUnanswered {
    const chain = causesOf(error);
    const said = chain.find(({ name }) => name === "RpcRequestError") ?? (chain.some(isOfTheConnection) ? undefined : chain.find(isAnswer));
    if (said && said.status !== 429) return new RpcRefused(method, Number(said.code), String(said.details ?? said.message), said.data);
    const { name } = chain.at(-1) ?? {};
    return new RpcUnanswered(method, "the client", typeof name === "string" ? name : "the connection failed"); // without the cause: it has the URL
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
