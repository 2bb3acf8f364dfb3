import type { Logger } from "pino";
import type { Counter, Registry } from "prom-client";
import type { LaneNotice } from "../chain/lane/notices.ts";
import type { Clock } from "../clock.ts";
import type { OrderBook } from "../order/index.ts";
import type { EventStore } from "../store/event-store.ts";
import { catalogue } from "./catalogue/index.ts";
import { codeOf, describeError, hostOf } from "./describe.ts";
import { doubtOf } from "./doubts.ts";
import { type KnownAttempt, LedgerFollower } from "./ledger.ts";
import { createLog, type Log, type LogLevel } from "./log.ts";
import { ObservedStore } from "./observed-store.ts";
import { logTransition } from "./order-log.ts";
import { ProcessMeter } from "./process.ts";
import { createMetrics, type Metrics } from "./registry.ts";
import { MetricsServer } from "./server.ts";
import { TransitionMeter } from "./transitions.ts";
import { type BlockClockView, type EndpointView, type LaneView, methodClassOf, type NumbersView } from "./views.ts";

export interface TelemetryOptions {
  readonly clock: Clock;
  readonly level: LogLevel;
  /** File of the log; by default stderr. */
  readonly logFile?: string;
  /** Port on 127.0.0.1 that serves the metrics once started; none by default, 0 for any that is free. */
  readonly port?: number;
}

/**
 * What can be seen of a running mintd: metrics and a log. It listens; nobody waits for it, and nothing that goes wrong in
 * it stops a mint. Capability folders do not know it: mintd.ts connects what they hand out to the methods below.
 */
export class Telemetry implements AsyncDisposable {
  readonly log: Logger;
  readonly #log: Log;
  readonly #port: number | undefined;
  readonly #registry: Registry;
  readonly #metrics: Metrics;
  readonly #transitions: TransitionMeter;
  readonly #process: ProcessMeter;
  readonly #ledger: LedgerFollower;
  #server: MetricsServer | undefined;
  #lanes: () => Iterable<LaneView> = () => [];
  #endpoints: () => Promise<Iterable<EndpointView>> = () => Promise.resolve([]);
  #queue: () => Promise<Readonly<Record<string, number>>> = () => Promise.resolve({});
  #openOrders: () => number = () => 0;
  #numbers: (() => NumbersView) | undefined;
  #blockClock: (() => BlockClockView) | undefined;
  readonly #clock: Clock;

  /** @throws LogFileUnwritable */
  constructor({ clock, level, logFile, port }: TelemetryOptions) {
    const { registry, metrics } = createMetrics(catalogue);
    this.#registry = registry;
    this.#metrics = metrics;
    const onDropped = () => {
      metrics.logDropped.inc();
    };
    this.#log = createLog({ level, clock, onDropped, ...(logFile === undefined ? {} : { destination: logFile }) });
    this.log = this.#log.logger;
    this.#port = port;
    this.#clock = clock;
    this.#transitions = new TransitionMeter(metrics);
    this.#process = new ProcessMeter(metrics);
    this.#ledger = new LedgerFollower(this);
  }

  /** Begins to serve the metrics where a port is set. @throws TelemetryPortInUse */
  async start(): Promise<void> {
    if (this.#port === undefined || this.#server) return;
    this.#server = await MetricsServer.listen(this.#port, { scrape: () => this.scrape() });
    this.log.info({ port: this.#server.port }, "metrics are served");
  }

  /** Port that serves the metrics now; undefined where none does. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  /** All metrics in Prometheus's text format, read now. */
  async scrape(): Promise<{ readonly text: string; readonly contentType: string }> {
    const tasks = await this.#queue().catch(() => ({}));
    this.#collect(tasks, await this.#endpoints().catch(() => []));
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  /** Ends the server, writes what is buffered of the log. */
  async close(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
    this.#process.close();
    await this.#log.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Times, counts and logs what happens to the orders of a book. */
  followOrders(book: OrderBook): void {
    this.#openOrders = () => book.openCount;
    book.listen((order, event, before) => {
      logTransition(this.#log.lean, order, this.#transitions.observe(order, event, before));
    });
  }

  /** The store to be used in place of `store`: its appends are timed, and attempts and settlements in them are counted. */
  async observeStore(store: EventStore): Promise<EventStore> {
    const { appendLatency, appendErrors, storeHead } = this.#metrics;
    storeHead.set(await store.head());
    return new ObservedStore(store, {
      appended: (writes, head, ms) => {
        appendLatency.observe(ms);
        storeHead.set(head);
        this.#ledger.follow(writes);
      },
      appendFailed: () => {
        appendErrors.inc();
      },
    });
  }

  /** Attempts that a former run left open, so that their settlements are known by their orders. */
  remember(lane: string, attempts: Iterable<KnownAttempt>): void {
    this.#ledger.remember(lane, attempts);
  }

  /** `views` is read at each scrape; it gives all lanes there are and asks no node. */
  observeLanes(views: () => Iterable<LaneView>): void {
    this.#lanes = views;
  }

  /** `view` is read at each scrape. */
  observeNumbers(view: () => NumbersView): void {
    this.#numbers = view;
  }

  /** `views` is read at each scrape; left out where they cannot be read. */
  observeEndpoints(views: () => Promise<Iterable<EndpointView>>): void {
    this.#endpoints = views;
  }

  /** Tasks by state, read at each scrape; left out where they cannot be read. */
  observeQueue(depths: () => Promise<Readonly<Record<string, number>>>): void {
    this.#queue = depths;
  }

  /** `view` is read at each scrape. */
  observeBlockClock(view: () => BlockClockView): void {
    this.#blockClock = view;
  }

  /** An attempt is durable. Told by the lanes' ledgers, see {@link observeStore}. */
  attempted({ lane, nonce, hash, orders }: { lane: string; nonce: number; hash: string; orders: number }): void {
    this.#metrics.attempts.inc({ lane: laneOf(lane) });
    if (orders === 0) this.#metrics.cancels.inc({ lane: laneOf(lane) });
    this.log.debug({ lane, nonce, txHash: hash, orders }, orders === 0 ? "no-op recorded" : "attempt recorded");
  }

  /** A further attempt of a nonce is durable. Told by the lanes' ledgers. */
  replaced({ lane, nonce, hash }: { lane: string; nonce: number; hash: string }): void {
    this.#metrics.replacements.inc({ lane: laneOf(lane) });
    this.log.info({ lane, nonce, txHash: hash }, "attempt replaced");
  }

  /** An attempt is final. Told by the lanes' ledgers; `orders` is undefined where nobody knows how many it carried. */
  settled(end: { lane: string; nonce: number; hash: string; gasUsed: number; orders: number | undefined; succeeded: boolean }): void {
    const { lane, nonce, hash, gasUsed, orders, succeeded } = end;
    this.#metrics.gasUsed.inc({ lane: laneOf(lane) }, gasUsed);
    if (succeeded && orders !== undefined && orders > 0) this.#metrics.gasPerMint.observe(gasUsed / orders);
    this.log.info({ lane, nonce, txHash: hash, gasUsed, orders, succeeded }, "attempt settled");
  }

  /** Another transaction took the nonce for good. Told by the lanes' ledgers. */
  displaced({ lane, nonce, hash }: { lane: string; nonce: number; hash: string }): void {
    this.#metrics.displaced.inc({ lane: laneOf(lane) });
    this.log.warn({ lane, nonce, txHash: hash }, "attempt displaced");
  }

  /** An attempt was handed to an endpoint for the first time. */
  sent({ lane, nonce, hash }: { lane: string; nonce: number; hash: string }): void {
    this.log.debug({ lane, nonce, txHash: hash }, "attempt sent");
  }

  /** An attempt was sent again, unchanged. */
  rebroadcast(lane: string): void {
    this.#metrics.rebroadcasts.inc({ lane: laneOf(lane) });
  }

  /** Nonces were found missing below later ones. */
  nonceGap(lane: string, nonces = 1): void {
    this.#metrics.gaps.inc({ lane: laneOf(lane) }, nonces);
  }

  /** The lane's account sent transactions that are not ours. */
  foreign(lane: string, transactions = 1): void {
    this.#metrics.foreign.inc({ lane: laneOf(lane) }, transactions);
  }

  /** Something happened to a lane. What is on record besides (settled, replaced, cancelled, displaced) is counted from there. */
  heard(notice: LaneNotice): void {
    const { lane } = notice;
    if (notice.kind === "sent again") this.rebroadcast(lane);
    else if (notice.kind === "gap") this.nonceGap(lane);
    else if ("error" in notice) this.trouble(notice.error, { lane });
  }

  /** Blocks were reorganised away by one reorg. */
  reorg(orphaned: readonly { readonly number: number }[]): void {
    if (orphaned.length === 0) return;
    this.#metrics.reorgDepth.observe(orphaned.length);
    this.#metrics.orphaned.inc(orphaned.length);
    this.log.warn({ depth: orphaned.length, block: orphaned.at(-1)?.number }, "the chain took blocks back");
  }

  /** A request to an endpoint ended. `endpoint` may be a URL: its host alone is shown. */
  rpc(endpoint: string, method: string, { ms, ok }: { readonly ms: number; readonly ok: boolean }): void {
    const labels = { endpoint: hostOf(endpoint), method: methodClassOf(method) };
    this.#metrics.rpcRequests.inc(labels);
    if (!ok) this.#metrics.rpcErrors.inc(labels);
    this.#metrics.rpcLatency.observe(labels, Math.max(0, ms));
  }

  /** A compensation worker was replaced. */
  workerReplaced(): void {
    this.#metrics.workers.inc();
  }

  /** Something went wrong and minting goes on. */
  trouble(error: unknown, where: { readonly lane?: string } = {}): void {
    const record = describeError(error);
    this.#metrics.troubles.inc({ code: record.code });
    const reason = doubtOf(error);
    if (reason !== undefined) this.#metrics.doubts.inc({ reason });
    if (record.code === "FOREIGN_TRANSACTION" && where.lane !== undefined) this.foreign(where.lane);
    this.log.warn({ ...where, ...(reason === undefined ? {} : { doubt: reason }), ...record, message: undefined }, record.message);
  }

  /** Something stopped mintd. */
  failed(error: unknown): void {
    const { message, ...record } = describeError(error);
    this.#metrics.troubles.inc({ code: codeOf(error) });
    this.log.error(record, message);
  }

  #collect(tasks: Readonly<Record<string, number>>, endpoints: Iterable<EndpointView>): void {
    const { open, inFlight, window, nextNonce, balance, paused, low, rpcHealthy, rpcHeadLag, rpcRequests, rpcErrors, queue } =
      this.#metrics;
    this.#process.collect();
    this.#collectBlockClock();
    open.set(this.#openOrders());
    for (const gauge of [inFlight, window, nextNonce, balance, paused, low, rpcHealthy, rpcHeadLag, queue]) gauge.reset();
    for (const view of this.#lanes()) {
      const labels = { lane: laneOf(view.lane) };
      inFlight.set(labels, view.inFlight);
      if (view.window !== undefined) window.set(labels, view.window);
      if (view.nextNonce !== undefined) nextNonce.set(labels, view.nextNonce);
      if (view.balanceWei !== undefined) balance.set(labels, Number(view.balanceWei) / 1e18);
      paused.set(labels, Number(view.paused ?? false));
      low.set(labels, Number(view.low ?? false));
    }
    for (const view of endpoints) {
      const labels = { endpoint: hostOf(view.endpoint) };
      rpcHealthy.set(labels, Number(view.healthy));
      if (view.headLag !== undefined) rpcHeadLag.set(labels, view.headLag);
      if (view.requests !== undefined) setTotal(rpcRequests, { ...labels, method: "all" }, view.requests);
      if (view.errors !== undefined) setTotal(rpcErrors, { ...labels, method: "all" }, view.errors);
    }
    this.#collectNumbers(this.#numbers?.());
    for (const [state, depth] of Object.entries(tasks)) queue.set({ state }, depth);
  }

  #collectNumbers(view: NumbersView | undefined): void {
    if (view === undefined) return;
    const { numbers, reservations, drifted, leases } = this.#metrics;
    setTotal(numbers, {}, view.numbers);
    setTotal(reservations, {}, view.reservations);
    setTotal(drifted, {}, view.drifted);
    leases.set(view.leases);
  }

  #collectBlockClock(): void {
    const { blockClockOffset, blockClockBound, blockClockSamples } = this.#metrics;
    for (const gauge of [blockClockOffset, blockClockBound, blockClockSamples]) gauge.remove();
    const view = this.#blockClock?.();
    if (!view) return;
    if (view.nowMs !== undefined) blockClockOffset.set(view.nowMs - this.#clock.now());
    blockClockBound.set(view.boundMs);
    blockClockSamples.set(view.samples);
  }
}

/** A counter whose total is counted elsewhere: it can only be raised, so it is begun anew. */
function setTotal<Label extends string>(counter: Counter<Label>, labels: Record<Label, string>, total: number): void {
  counter.remove(labels);
  counter.inc(labels, total);
}

/** Addresses differ in case by where they come from; as a label each lane has one. */
const laneOf = (address: string): string => address.toLowerCase();
