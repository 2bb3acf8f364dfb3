import { Agent, type IncomingMessage, request } from "node:http";
import type { Answer } from "./json-rpc.ts";

/** The node behind the proxy, over connections that are kept. */
export class Upstream {
  readonly url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 128 });
  #nextId = 1;

  constructor(url: string) {
    this.url = url;
  }

  /** @throws whatever keeps the node from answering: it is down, or closed */
  async call(method: string, params: readonly unknown[]): Promise<Answer> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: this.#nextId++, method, params });
    const answer = JSON.parse(await this.#post(body)) as Answer;
    return "error" in answer ? { error: answer.error } : { result: answer.result };
  }

  /** The result alone. @throws also where the node refuses */
  async result<T>(method: string, params: readonly unknown[]): Promise<T> {
    const answer = await this.call(method, params);
    if ("error" in answer) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result as T;
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = request(this.url, { method: "POST", agent: this.#agent, headers }, (response) => {
        textOf(response).then(resolve, reject);
      });
      sent.once("error", reject);
      sent.end(body);
    });
  }
}

export async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
