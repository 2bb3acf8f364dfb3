import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { HttpRpc } from "../../../../src/chain/index.ts";
import type { EndpointSource } from "../../../../src/chain/index.ts";
import type { RpcCall } from "../../../../src/chain/rpc/rpc.ts";

/** Part of every URL below; must never be seen anywhere. */
export const secret = "sk-0123456789abcdef";

interface Body extends RpcCall {
  readonly id: number;
}

/** What a node answers with an error of its own. */
export class Refusal {
  readonly message: string;
  readonly code: number;

  constructor(message: string, code = -32_000) {
    this.message = message;
    this.code = code;
  }
}

/** `answers`: as told. Otherwise a fault of the transport. */
export type Mood = "answers" | "silent" | "resets" | { readonly status: number; readonly body: string };

/** A JSON-RPC endpoint over real HTTP that answers what it is told to, and fails in the ways that endpoints do. */
export class HttpNode {
  readonly port: number;
  /** Calls in the order of their arrival. */
  readonly calls: RpcCall[] = [];
  /** HTTP requests. */
  requests = 0;
  mood: Mood = "answers";
  chainId = 31_337;
  head = 100;
  readonly #answers = new Map<string, (params: readonly unknown[]) => unknown>();
  readonly #server: Server;
  /** Requests that wait for an answer that never comes. */
  readonly #held: ServerResponse[] = [];

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    this.on("eth_chainId", () => `0x${this.chainId.toString(16)}`);
    this.on("eth_blockNumber", () => `0x${this.head.toString(16)}`);
    this.on("eth_getBlockByNumber", ([block]) => this.#block(String(block)));
  }

  static async start(): Promise<HttpNode> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        node.#answer(JSON.parse(Buffer.concat(chunks).toString()) as Body | Body[], request, response);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const node = new HttpNode(server, typeof address === "object" && address !== null ? address.port : 0);
    return node;
  }

  /** Answers `method` with what `answer` returns; a Refusal is an error. */
  on(method: string, answer: (params: readonly unknown[]) => unknown): this {
    this.#answers.set(method, answer);
    return this;
  }

  source(timeoutMs = 30_000): EndpointSource {
    const rpc = new HttpRpc({ url: `http://user:${secret}@127.0.0.1:${this.port}/v3/${secret}?key=${secret}`, timeoutMs });
    return { name: rpc.name, rpc };
  }

  /** How often `method` was asked. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  get waiting(): number {
    return this.#held.length;
  }

  /** Lets every request that was kept waiting have its answer. */
  release(): void {
    for (const response of this.#held.splice(0)) response.destroy();
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #block(block: string): unknown {
    const number = block === "latest" ? this.head : Number(block);
    return number > this.head ? null : { number: `0x${number.toString(16)}`, hash: `0x${String(number).padStart(64, "0")}` };
  }

  #answer(body: Body | Body[], request: IncomingMessage, response: ServerResponse): void {
    const { mood } = this;
    this.requests++;
    this.calls.push(...(Array.isArray(body) ? body : [body]).map(({ method, params }) => ({ method, params })));
    if (mood === "silent") this.#held.push(response);
    else if (mood === "resets") request.socket.resetAndDestroy();
    else if (mood !== "answers") response.writeHead(mood.status).end(mood.body);
    else response.end(JSON.stringify(Array.isArray(body) ? body.map((one) => this.#one(one)) : this.#one(body)));
  }

  #one({ id, method, params }: Body): unknown {
    const answer = this.#answers.get(method)?.(params) ?? null;
    return answer instanceof Refusal ? { id, error: { code: answer.code, message: answer.message } } : { id, result: answer };
  }
}
