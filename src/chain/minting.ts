import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import {
  IllegalTransition,
  type MintRequest,
  type Order,
  type OrderBook,
  type OrderEvent,
  type RequestOutcome,
  type Told,
  VoucherNumberChanged,
} from "../order/index.ts";
import type { Reach } from "../write-ahead.ts";
import type { BatchMaker, Taken } from "./batch/batch-maker.ts";
import { Bell } from "./bell.ts";
import type { Confirmations } from "./confirm/confirmations.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import { InsufficientFunds } from "./errors.ts";
import { FeeCapReached, type Fees } from "./fees/fees.ts";
import type { Funds } from "./lane/funds.ts";
import type { Lane, LaneWork } from "./lane/lane.ts";
import type { Lanes } from "./lane/lanes.ts";
import type { LaneNotice } from "./lane/notices.ts";
import type { Pricing } from "./lane/pricing.ts";
import type { Upkeep } from "./lane/upkeep.ts";
import type { Network } from "./networks.ts";
import { patiently } from "./patience.ts";
import { RpcRefused, RpcUnanswered } from "./rpc/rpc.ts";

export interface MintingParts {
  readonly book: OrderBook;
  readonly dispatcher: Dispatcher<Lane>;
  readonly batches: BatchMaker;
  readonly lanes: Lanes;
  readonly funds: Funds;
  readonly upkeep: Upkeep;
  readonly confirmations: Confirmations;
  readonly pricing: Pricing;
  readonly network: Network;
  readonly clock: Clock;
  /** Milliseconds until the next look at the chain, where the last one was whole. */
  readonly lookInMs: () => number;
  /** Hears what goes wrong while minting goes on. */
  readonly onTrouble: (error: unknown) => void;
  readonly notify: (notice: LaneNotice) => void;
  /** Sees to it, durably, that `driveAgain` is called for the order. */
  readonly compensate: (orderId: string) => Promise<void>;
  readonly reach: Reach;
}

/**
 * Seconds before the newest block to which vouchers are bound: after a reorg a transaction may be mined in a block that is
 * older than the one under which it was signed, and a voucher from the future reverts its batch. They hold 300 s.
 */
const secondsBack = 60;
/** Orders that may wait for a lane before more are taken in. */
const mostWaiting = 4_000;
/** Transactions, and orders in them, that are signed and recorded in one append. */
const mostTogether = { transactions: 64, orders: 3_200 };
/** Orders in flight over all lanes: more would only wait in the node's pool instead of here. */
const mostSent = 6_400;

/**
 * The road of an order from accepted to final: dispatched to a lane, batched, signed, sent, confirmed by the chain. One
 * loop for each lane makes batches, one looks at the chain; everything they do is recorded before it matters, so any of
 * them may die at any point and the next start goes on.
 */
export class Minting {
  readonly #parts: MintingParts;
  readonly #bell = new Bell();
  readonly #stop = new AbortController();
  readonly #fatal = Promise.withResolvers<never>();
  /** Open orders that are on their way; an issued voucher that waits for its holder is not. */
  #underway = 0;
  #loops: Promise<unknown> = Promise.resolve();
  /** Orders whose transaction reverted for good and that were not driven again yet. */
  readonly #failed = new Set<string>();

  constructor(parts: MintingParts) {
    this.#parts = parts;
    this.#fatal.promise.catch(() => undefined); // heard by whoever waits; an unheard one must not end the process
  }

  /** Brings the orders left by a former run back on their way and starts the loops. */
  async start(): Promise<void> {
    const { book, confirmations, lanes, dispatcher, clock } = this.#parts;
    await patiently(clock, () => confirmations.step());
    await this.#takeBackUncarried();
    for (const order of book.open()) {
      this.#underway += isUnderway(order) ? 1 : 0;
      if (isToBeDrivenAgain(order)) this.#failed.add(order.request.orderId);
    }
    dispatcher.load(clock.now());
    book.listen((order, event, before) => {
      this.#follow(order, event, before);
    });
    // Directly: the task of a former run may be a dead letter, and would swallow the same one.
    for (const orderId of this.#failed) await this.driveAgain(orderId);
    this.#failed.clear();
    await lanes.resume();
    this.#loops = Promise.all([...[...lanes].map((lane) => this.#guard(this.#laneLoop(lane))), this.#guard(this.#chainLoop())]);
  }

  /**
   * Orders that should be on their way while their lane has closed the nonce for good, in a run that served another minter.
   * The chain was read up to its head before, so they are not minted.
   */
  async #takeBackUncarried(): Promise<void> {
    const { book, lanes } = this.#parts;
    const uncarried = [...book.open()].filter(
      ({ kind, carrier }) => (kind === "assigned" || kind === "broadcast") && carrier !== undefined && !lanes.isOpen(carrier),
    );
    const told = uncarried.map(({ request }): Told => ({
      orderId: request.orderId,
      command: { kind: "unconfirm", reason: "nonce-taken" },
    }));
    if (told.length > 0) await book.execute(told);
  }

  /**
   * Accepts requests, in pieces where they are more than may be open at once; durable when it resolves. Waits while too
   * many orders that mintd mints are open or unsent, which ends by itself; vouchers that holders keep are not among them.
   * @throws what stopped minting, if something did
   */
  async submit(requests: readonly MintRequest[]): Promise<RequestOutcome[]> {
    const most = this.#parts.book.maxOpen;
    const outcomes: RequestOutcome[] = [];
    for (let start = 0; start < requests.length; start += most) {
      outcomes.push(...(await this.#accept(requests.slice(start, start + most))));
    }
    return outcomes;
  }

  async #accept(requests: readonly MintRequest[]): Promise<RequestOutcome[]> {
    const { book, dispatcher, reach } = this.#parts;
    const full = () => book.room < requests.length || dispatcher.waiting >= mostWaiting;
    while (full()) await this.#orFatal(this.#bell.next());
    reach("request:received");
    const outcomes = await this.#orFatal(book.request(requests));
    reach("request:accepted");
    this.#bell.ring();
    return outcomes;
  }

  /** Resolves when every order under way is final or rejected and every attempt is closed. @throws what stopped minting */
  async idle(): Promise<void> {
    while (this.#underway > 0 || this.#parts.lanes.open > 0) await this.#orFatal(this.#bell.next());
  }

  /** Rejects when minting cannot go on; never resolves. */
  get failure(): Promise<never> {
    return this.#fatal.promise;
  }

  /** Called by a lane when it can neither send nor record. */
  fail(error: unknown): void {
    this.#fatal.reject(error);
    this.#stop.abort();
    this.#bell.ring();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#bell.ring();
    await this.#loops;
  }

  /** Looks at all lanes again, e.g. after one was paused or funded. */
  ring(): void {
    this.#bell.ring();
  }

  #orFatal<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#fatal.promise]);
  }

  async #guard(loop: Promise<void>): Promise<void> {
    try {
      await loop;
    } catch (error) {
      this.fail(error);
    }
  }

  async #laneLoop(lane: Lane): Promise<void> {
    const { dispatcher, clock, upkeep, confirmations } = this.#parts;
    while (!this.#stop.signal.aborted) {
      const rung = this.#bell.next();
      const due = dispatcher.dueIn(lane, clock.now());
      const gap = upkeep.gapOf(lane, confirmations.tip?.number ?? 0);
      const ready = this.#parts.funds.isLow(lane) || dispatcher.sent >= mostSent ? 0 : lane.room;
      if (gap !== undefined && (gap.overdue || due !== undefined)) {
        const filled = await this.#tryAgainLater(() => this.#fill(lane, gap));
        if (filled === false) await rung;
      } else if (due === undefined || ready === 0) await rung;
      else if (due > 0) await Promise.race([rung, clock.pause(due, this.#stop.signal)]);
      else if ((await this.#tryAgainLater(() => this.#mintNext(lane))) === false) await rung;
    }
  }

  async #chainLoop(): Promise<void> {
    const { confirmations, clock, lookInMs, network } = this.#parts;
    while (!this.#stop.signal.aborted) {
      const changed = await this.#tryAgainLater(() => confirmations.step());
      if (changed !== false) {
        // Also after a step that an endpoint cut short: what it had told before may have made room.
        await this.#tryAgainLater(() => this.#compensateFailed());
        this.#reroute();
        this.#bell.ring();
      }
      // What an endpoint cut short is not left until the next block.
      const whole = changed !== undefined && !confirmations.unfinished;
      await clock.pause(whole ? lookInMs() : network.pollMs, this.#stop.signal);
    }
  }

  /** Doubt and a dear chain are waited out; anything else stops minting. */
  async #tryAgainLater<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#parts.onTrouble(error);
      await this.#parts.clock.pause(Math.min(this.#parts.network.pollMs, 1_000), this.#stop.signal);
      return undefined;
    }
  }

  /** Signs and records what is due, as much as the lane has room for. Returns whether anything went: if not, it waits for the bell. */
  async #mintNext(lane: Lane): Promise<boolean> {
    const { dispatcher, clock } = this.#parts;
    const second = this.#second();
    const room = Math.min(lane.room, mostTogether.transactions);
    const taken: Taken[][] = [];
    let orders = 0;
    while (taken.length < room && orders < mostTogether.orders && dispatcher.dueIn(lane, clock.now()) !== undefined) {
      const batch = dispatcher.take(lane, clock.now(), second);
      if (batch.length === 0) break;
      taken.push(batch);
      orders += batch.length;
      if ((dispatcher.dueIn(lane, clock.now()) ?? 1) > 0) break; // the rest may wait for others to share a transaction
    }
    return taken.length > 0 && (await this.#mint(lane, taken));
  }

  /**
   * Fills a gap with waiting orders of users who have nothing on their way, and with a no-op where there are none. A lane that
   * takes nothing new gets the no-op, for what is above the gap.
   */
  async #fill(lane: Lane, gap: { readonly nonce: number; readonly overdue: boolean }): Promise<boolean> {
    const { dispatcher, clock, funds } = this.#parts;
    const takesOrders = lane.state.duty === "open" && !funds.isLow(lane);
    const batch = takesOrders ? dispatcher.take(lane, clock.now(), this.#second(), true) : [];
    if (batch.length > 0 && (await this.#mint(lane, [batch], gap.nonce))) return true;
    if (gap.overdue) await lane.fillWithNoOp(gap.nonce, await this.#fees());
    return gap.overdue;
  }

  /** Returns whether a transaction was recorded; none is where the lane cannot pay for it, or where all orders were rejected. */
  async #mint(lane: Lane, taken: readonly (readonly Taken[])[], gap?: number): Promise<boolean> {
    const { dispatcher, batches, clock, confirmations } = this.#parts;
    try {
      const fees = await this.#fees();
      const works: LaneWork[] = [];
      for (const batch of taken) {
        works.push(...(await batches.make(batch, { from: lane.address, head: confirmations.tip?.hash, fees })));
        await setImmediate(); // signing many at once must not hold up the event loop
      }
      const affordable = await this.#affordable(lane, works);
      if (affordable.length > 0) await lane.submit(affordable, gap);
      this.#bell.ring(); // the lines are shorter: more may be taken in
      return affordable.length > 0;
    } finally {
      // What did not get a carrier, because something failed or the lane cannot pay for it, waits in its old place.
      dispatcher.putBack(
        taken.flat().map(({ order }) => order),
        clock.now(),
      );
    }
  }

  /**
   * As many of the works as the lane can pay for besides what it has in flight. Where that is none, it waits for what is in
   * flight, whose most is seldom what it costs; the lane stops where nothing is, or where it cannot pay even for that.
   */
  async #affordable(lane: Lane, works: readonly LaneWork[]): Promise<LaneWork[]> {
    const { funds, pricing, network, notify } = this.#parts;
    for (const each of await funds.under(this.#parts.confirmations.tip?.hash, [...this.#parts.lanes])) {
      notify({ kind: "funded", lane: each.address });
    }
    let spare = funds.spare(lane);
    const affordable: LaneWork[] = [];
    for (const work of works) {
      const cost = await pricing.costOf({ gasLimit: work.gasLimit, fees: work.fees, bytes: work.data.length / 2 });
      if (cost > spare) {
        const waits = affordable.length > 0 || (lane.inFlight > 0 && spare >= 0n);
        if (!waits && funds.stop(lane, cost)) {
          const error = new InsufficientFunds(lane.address, network.name, funds.balance(lane), cost);
          notify({ kind: "without funds", lane: lane.address, error });
        }
        break;
      }
      spare -= cost;
      affordable.push(work);
    }
    return affordable;
  }

  #second(): number {
    return Math.max(0, (this.#parts.confirmations.tip?.timestamp ?? 0) - secondsBack);
  }

  #fees(): Promise<Fees> {
    return this.#parts.pricing.feesAt(this.#parts.confirmations.tip?.hash);
  }

  #reroute(): void {
    const { dispatcher, lanes, clock } = this.#parts;
    for (const lane of lanes) dispatcher.reroute(lane, clock.now());
  }

  /** Hands over the orders of batches that reverted for good; what is lost between the event and here is found at the next start. */
  async #compensateFailed(): Promise<void> {
    for (const orderId of [...this.#failed]) {
      await this.#parts.compensate(orderId);
      this.#failed.delete(orderId);
    }
  }

  /** An order whose transaction reverted for good goes through a batch again, which is simulated before it is sent. */
  async driveAgain(orderId: string): Promise<void> {
    const order = this.#parts.book.get(orderId);
    if (!order || !isToBeDrivenAgain(order)) return; // told again, or minted by somebody else meanwhile
    await this.#parts.book.execute([{ orderId, command: { kind: "compensate", reason: "driven again" } }]);
    this.#bell.ring();
  }

  #follow(order: Order, event: OrderEvent, before: Order | undefined): void {
    this.#underway += Number(isUnderway(order)) - Number(before !== undefined && isUnderway(before));
    if (isToBeDrivenAgain(order)) this.#failed.add(order.request.orderId);
    if (event.kind === "authorised" || event.kind === "rejected" || event.kind === "final")
      this.#parts.batches.forget(order.request.orderId);
    this.#parts.dispatcher.follow(order, this.#parts.clock.now());
    if (event.kind === "final" || event.kind === "rejected" || event.kind === "unconfirmed") this.#bell.ring();
  }
}

/** An order that changed while it was in a lane's hands, such as by a voucher that was handed out, is decided anew. */
const isPassing = (error: unknown): boolean =>
  error instanceof RpcUnanswered ||
  error instanceof RpcRefused ||
  error instanceof FeeCapReached ||
  error instanceof IllegalTransition ||
  error instanceof VoucherNumberChanged;

/** What was refused would be refused again. */
const isToBeDrivenAgain = ({ kind, refusal }: Order): boolean => kind === "failed" && refusal === undefined;

const isUnderway = ({ kind }: Order): boolean => kind !== "final" && kind !== "rejected" && kind !== "authorised";
