import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

const file = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

/** The authority that signed the server's certificate; nobody trusts it but these tests. */
export const ca = file("./ca.pem");

/** What the server does to its answers. */
export interface Behaviour {
  /** Milliseconds that its clock is ahead of this machine's. */
  readonly aheadMs?: number;
  /** Milliseconds that it takes before it reads its clock, and before it sends what it read. */
  readonly slowMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly withoutDate?: boolean;
}

/** A real HTTPS server on this machine, whose certificate the tests' authority signed. */
export class HttpsServer {
  behaviour: Behaviour = {};
  questions = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer({ key: file("./server.key"), cert: file("./server.pem") }, (_request, response) => {
      void this.#answer(response);
    });
  }

  static async start(): Promise<HttpsServer> {
    const server = new HttpsServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("an HTTPS server has a port");
    return `https://localhost:${address.port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(response: ServerResponse): Promise<void> {
    const { aheadMs = 0, slowMs = 0, headers = {}, withoutDate = false } = this.behaviour;
    this.questions++;
    if (slowMs > 0) await sleep(slowMs);
    response.sendDate = false;
    if (!withoutDate) response.setHeader("date", new Date(Date.now() + aheadMs).toUTCString());
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (slowMs > 0) await sleep(slowMs);
    response.end();
  }
}
