import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { TelemetryPortInUse } from "./errors.ts";

/** What the server shows. */
export interface Shown {
  /** The metrics as text, and its content type. */
  scrape(): Promise<{ readonly text: string; readonly contentType: string }>;
}

/** Connections at once; a scraper needs one. */
const mostConnections = 16;

/** Metrics and liveness on 127.0.0.1: `GET /metrics`, `GET /healthz`, and nothing else. */
export class MetricsServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Listens when it resolves.
   * @param port 0 for any that is free
   * @param setting where the port comes from, for whoever has to change it
   * @throws TelemetryPortInUse
   */
  static async listen(port: number, shown: Shown, setting?: string): Promise<MetricsServer> {
    const server = createServer((request, response) => {
      answer(request, response, shown).catch(() => {
        response.writeHead(500).end();
      });
    });
    server.maxConnections = mostConnections;
    const listening = once(server, "listening");
    server.listen(port, "127.0.0.1");
    try {
      await listening;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") throw new TelemetryPortInUse(port, error, setting);
      throw error;
    }
    server.on("error", () => undefined); // a connection that cannot be accepted is the scraper's trouble, not the process's end
    server.unref(); // whoever forgets to close must not keep the process alive
    return new MetricsServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer({ method, url }: IncomingMessage, response: ServerResponse, shown: Shown): Promise<void> {
  const [path] = (url ?? "").split("?");
  if (method === "GET" && path === "/metrics") {
    const { text, contentType } = await shown.scrape();
    response.writeHead(200, { "content-type": contentType }).end(text);
  } else if (method === "GET" && path === "/healthz") {
    response.writeHead(200, { "content-type": "application/json" }).end('{"status":"ok"}\n');
  } else {
    response.writeHead(404).end();
  }
}
