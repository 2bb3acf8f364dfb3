import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Tickers on this machine, for the development sources: what one's own sources are configured with. */
export class Tickers implements AsyncDisposable {
  /** What they say of ETH by their numbers, and of BTC; one without a price answers 503. */
  readonly prices: Record<string, string>;
  /** Private keys of the sources, in hexadecimal digits. */
  readonly keys = [1, 2, 3].map((n) => createHash("sha256").update(`mintd development source ${n}, known to everybody`).digest("hex"));
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: Server;

  private constructor(server: Server, port: number, prices: Record<string, string>) {
    this.#server = server;
    this.prices = prices;
    const ticker = (number: number, asset: string, path: string) => ({
      ...{ name: `ticker-${number}`, asset, key: `PRICE_KEY_${number}`, kind: "ticker" },
      ...{ url: `http://127.0.0.1:${port}/${path}`, pricePath: "last" },
    });
    const sources = [...[1, 2, 3].map((n) => ticker(n, "ETH", String(n))), ticker(1, "BTC", "btc")];
    const keys = Object.fromEntries(this.keys.map((key, i) => [`PRICE_KEY_${i + 1}`, key]));
    this.environment = { ...keys, MINTD_PRICES_SOURCES: JSON.stringify(sources) };
  }

  static async open(given: Readonly<Record<string, string>>): Promise<Tickers> {
    const prices = { ...given };
    const server = createServer(({ url = "" }, answer) => {
      const last = prices[url.slice(1)];
      answer.writeHead(last === undefined ? 503 : 200).end(JSON.stringify({ last }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Tickers(server, (server.address() as AddressInfo).port, prices);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
