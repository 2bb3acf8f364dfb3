import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Clock, systemClock } from "../../../src/clock.ts";
import type { Random } from "../random.ts";
import { decideCall, decideTransport, type FaultKind, type Faults, noFaults } from "./faults.ts";
import { type Answer, type Call, callsOf } from "./json-rpc.ts";
import { answerBehind } from "./lag.ts";
import { refusalOf } from "./refusals.ts";
import { EarlierAnswers } from "./stale.ts";
import { textOf, Upstream } from "./upstream.ts";

export interface FaultProxyOptions {
  /** URL of a node; anvil where `drop` is used. */
  readonly target: string;
  readonly random: Random;
  /** What is not named does not go wrong. */
  readonly faults?: Partial<Faults>;
  readonly clock?: Clock;
}

export interface ProxyStats {
  /** HTTP requests that were read. */
  readonly requests: number;
  /** Calls in them, by method. */
  readonly calls: Readonly<Record<string, number>>;
  /** What really went wrong; of what was drawn but had no object (e.g. a stale answer to a first question) nothing is counted. */
  readonly faults: Readonly<Record<FaultKind, number>>;
}

/**
 * An endpoint that misbehaves as it is told, in front of a node that does not.
 *
 * The same seed makes the same decisions: the n-th call of a method is always treated alike, however often other methods are
 * called before it and in whatever order answers come.
 */
export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #earlier = new EarlierAnswers();
  #calls: Record<string, number> = {};
  #injected: Record<FaultKind, number> = nothingYet();
  #requests = 0;
  #batches = 0;
  #upstream: Upstream;
  #faults: Faults;

  private constructor(server: Server, port: number, options: FaultProxyOptions) {
    this.#server = server;
    this.port = port;
    this.#random = options.random;
    this.#clock = options.clock ?? systemClock;
    this.#upstream = new Upstream(options.target);
    this.#faults = { ...noFaults, ...options.faults };
    server.on("connection", (socket) => {
      this.#accept(socket);
    });
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const server = createServer({ keepAliveTimeout: 0 }); // an idle connection that is closed would be a fault nobody asked for
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
    return new FaultProxy(server, address.port, options);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get stats(): ProxyStats {
    return { requests: this.#requests, calls: { ...this.#calls }, faults: { ...this.#injected } };
  }

  get faults(): Faults {
    return this.#faults;
  }

  /** Holds for what comes from now on; `down` also cuts what is connected. */
  set faults(faults: Partial<Faults>) {
    this.#faults = { ...noFaults, ...faults };
    if (this.#faults.down) for (const socket of this.#sockets) this.#cutBecauseDown(socket);
  }

  /** As if it had been started now, with connections kept: nothing is counted yet, and the seed's decisions begin anew. */
  beginAnew(faults: Partial<Faults>): void {
    this.faults = faults;
    this.#earlier.clear();
    this.#calls = {};
    this.#injected = nothingYet();
    this.#requests = 0;
    this.#batches = 0;
  }

  get target(): string {
    return this.#upstream.url;
  }

  /** Another node, or the same one after a restart. Earlier answers are forgotten: they were of the former node. */
  set target(url: string) {
    this.#upstream.close();
    this.#upstream = new Upstream(url);
    this.#earlier.clear();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    this.#upstream.close();
    await closed;
  }

  #accept(socket: Socket): void {
    if (this.#faults.down) {
      this.#cutBecauseDown(socket);
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined); // the caller went away: its business
  }

  #cutBecauseDown(socket: Socket): void {
    this.#injected.down++;
    socket.resetAndDestroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answerRequest(await textOf(request), request.socket, response);
    } catch (error) {
      if (error instanceof SyntaxError) send(response, 400, { jsonrpc: "2.0", id: null, error: { code: -32_700, message: "Parse error" } });
      else request.socket.resetAndDestroy(); // the node does not answer, so nobody does
    }
  }

  async #answerRequest(body: string, socket: Socket, response: ServerResponse): Promise<void> {
    const { calls, many } = callsOf(body);
    this.#requests++;
    const faults = this.#faults;
    const numbered = calls.map((call) => ({ call, random: this.#random.derive(`${call.method}/${this.#count(call.method)}`) }));
    const name = many ? `batch/${this.#batches++}` : `${calls[0]?.method ?? ""}/${this.#calls[calls[0]?.method ?? ""] ?? 0}`;
    const transport = decideTransport(this.#random.derive(`request/${name}`), faults);
    if (transport.latencyMs > 0) await this.#clock.pause(transport.latencyMs);
    if (transport.refusal !== undefined) {
      this.#injected.reject++;
      if (transport.refusal === "reset") socket.resetAndDestroy();
      else if (transport.refusal === "429") send(response, 429, refusedBatch("Too Many Requests"));
      else response.writeHead(503, { "content-type": "text/html" }).end("<html><body>503 Service Unavailable</body></html>");
      return;
    }
    const answers: unknown[] = [];
    // One after the other: transactions of a batch reach the pool in their order.
    for (const { call, random } of numbered) answers.push({ jsonrpc: "2.0", id: call.id, ...(await this.#answer(call, random, faults)) });
    if (transport.loseResponse) {
      this.#injected.loseResponse++;
      socket.resetAndDestroy();
    } else send(response, 200, many ? answers : answers[0]);
  }

  #count(method: string): number {
    return (this.#calls[method] = (this.#calls[method] ?? 0) + 1);
  }

  async #answer(call: Call, random: Random, faults: Faults): Promise<Answer> {
    const decision = decideCall(random, faults);
    if (decision.refusal !== undefined) {
      this.#injected.reject++;
      return { error: refusalOf(call.method, decision.refusal) };
    }
    let answer = await this.#forward(call, faults);
    if (decision.duplicate) {
      this.#injected.duplicate++;
      const second = await this.#forward(call, faults);
      if (decision.duplicate === "second") answer = second;
    }
    if (decision.drop && call.method === "eth_sendRawTransaction" && "result" in answer) {
      // Before the answer: the caller cannot tell the difference, and there is less time for a block to be mined in between.
      const dropped = await this.#upstream.result<string | null>("anvil_dropTransaction", [answer.result]);
      if (dropped !== null) this.#injected.drop++;
    }
    const old = this.#earlier.recall(call, answer, decision.stale);
    if (old) this.#injected.stale++;
    return old ?? answer;
  }

  #forward(call: Call, faults: Faults): Promise<Answer> {
    if (faults.lagBlocks === 0) return this.#upstream.call(call.method, call.params ?? []);
    this.#injected.lag++;
    return answerBehind(this.#upstream, call, faults.lagBlocks);
  }
}

const nothingYet = (): Record<FaultKind, number> => ({ reject: 0, loseResponse: 0, drop: 0, duplicate: 0, stale: 0, lag: 0, down: 0 });
const refusedBatch = (message: string) => ({ jsonrpc: "2.0", id: null, error: { code: 429, message } });

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
