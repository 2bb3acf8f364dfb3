import type { Provider } from "ethers";
import { RpcRefused, RpcUnanswered } from "../chain/rpc/rpc.ts";
import { ProviderUnsuitable } from "./errors.ts";
import { LibraryRpc } from "./library-rpc.ts";

/** A provider through which a method can be called by its name: JsonRpcProvider, WebSocketProvider, BrowserProvider. */
interface Sender {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** An ethers provider as an endpoint. */
export class EthersRpc extends LibraryRpc {
  readonly #provider: Sender;

  /** @throws ProviderUnsuitable */
  constructor(provider: Provider, timeoutMs: number) {
    super(timeoutMs);
    if (!("send" in provider) || typeof provider.send !== "function") {
      throw new ProviderUnsuitable("the signer's provider cannot call a method by its name", "connect it to a JsonRpcProvider");
    }
    this.#provider = provider as unknown as Sender;
  }

  protected ask(method: string, params: unknown[]): Promise<unknown> {
    return this.#provider.send(method, params);
  }

  /** ethers keeps the node's own words in `error` or `info.error`; an error without them is one of the connection. */
  protected heard(method: string, error: unknown): RpcRefused | RpcUnanswered {
    const said = wordsOf(error);
    if (said) return new RpcRefused(method, said.code, said.message, said.data);
    const why = error instanceof Error && "code" in error ? String(error.code) : "the connection failed";
    return new RpcUnanswered(method, "the provider", why); // without the cause: ethers puts URLs, and with them keys, into it
  }
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
