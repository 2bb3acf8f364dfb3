import type { EventStore, NewEvent, Position, StreamWrite } from "../store/event-store.ts";
import { beginningOf, compareWith, type RequestOutcome } from "./acceptance.ts";
import { OrderNotFound, TooManyIssuedVouchers, TooManyOpenOrders } from "./errors.ts";
import type { MintRequest, OrderEvent, VoucherBinding } from "./events.ts";
import { ConflictPath, type DeferredWork } from "./conflict-path.ts";
import { type OpenOrder, OpenOrders } from "./open-orders.ts";
import { decide, evolve, type Order, orderStream, type Told } from "./order.ts";
import { readOpenOrders, readOrder, saveOpenOrders } from "./order-reads.ts";
import { Turns } from "./turns.ts";

/** Makes the bindings of orders that are new, one for each, in their order. */
export type Bind = (fresh: readonly MintRequest[]) => Promise<readonly VoucherBinding[]>;

export type OrderListener = (order: Order, event: OrderEvent, before: Order | undefined) => void;

export interface OrderBookOptions {
  /** Contract that mints the orders of this book. Orders of other contracts in the same store are none of its business. */
  readonly minter: string;
  /** Most orders that the service mints and that may be open (accepted and neither final nor rejected) at once. */
  readonly maxOpen: number;
  /** Most orders whose vouchers may be with their holders, and not be redeemed for good, at once. */
  readonly maxIssued: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds that never go back, whatever happens to the clock. */
  readonly monotonic: () => number;
  /** How a conflicting writer shows: the store's error for it. */
  readonly isConflict: (error: unknown) => boolean;
  /** Waits between retries; injected so that tests need not. */
  readonly pause: (ms: number) => Promise<void>;
  /** Jitter, in [0, 1). */
  readonly random: () => number;
  /** Hears of a snapshot that could not be saved. */
  readonly onTrouble: (error: unknown) => void;
  /** Keeps commands for later when other writers get in the way again and again; without it the conflict is thrown. */
  readonly defer?: (work: DeferredWork) => Promise<string>;
}

const eventsBetweenSnapshots = 20_000;
/** Key under which requests take turns, so that orders are accepted in the order of the calls. */
const accepting = "accepting";

/**
 * The open orders in memory and the one way to change them: command in, decided, appended, and only then believed.
 *
 * Race: facts about one order come from the batcher and from the chain at the same time, and another process might
 * write too. Mitigation: commands to one order take turns, each is decided on the state that the former left; a version
 * conflict reloads and decides again. What remains: after the last retry nothing was written, and the commands are put off,
 * or the conflict is thrown.
 */
export class OrderBook {
  readonly #store: EventStore;
  readonly #options: OrderBookOptions;
  readonly #open = new OpenOrders();
  readonly #listeners = new Set<OrderListener>();
  readonly #turns = new Turns();
  readonly #conflicts: ConflictPath;
  /** Everything up to here is in memory. */
  #position: Position = 0;
  /** Orders that are being accepted and are not open yet. */
  #accepting = 0;
  #sinceSnapshot = 0;

  private constructor(store: EventStore, options: OrderBookOptions) {
    this.#store = store;
    this.#options = options;
    const { isConflict, pause, random, monotonic: now } = options;
    const defer = options.defer ?? (() => Promise.reject(new TypeError("nothing is deferred here")));
    this.#conflicts = new ConflictPath({ isConflict, pause, random, now, defer });
  }

  /** Reads the open orders: the snapshot, then what was appended since. */
  static async open(store: EventStore, options: OrderBookOptions): Promise<OrderBook> {
    const book = new OrderBook(store, options);
    book.#position = await readOpenOrders(store, options.minter, book.#open);
    return book;
  }

  /** The open order of this id; undefined where it is closed or was never accepted. */
  get(orderId: string): Order | undefined {
    return this.#open.get(orderId)?.order;
  }

  /** Place of an open order among all that were ever accepted: a smaller one was accepted before. */
  acceptedAt(orderId: string): Position | undefined {
    return this.#open.get(orderId)?.position;
  }

  /** All open orders, oldest first. */
  *open(): IterableIterator<Order> {
    for (const entry of this.#open.values()) yield entry.order;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** How many orders that the service mints may be open at once. */
  get maxOpen(): number {
    return this.#options.maxOpen;
  }

  /** How many more orders may be accepted now, for the service to mint. It grows by itself as they become final. */
  get room(): number {
    return Math.max(0, this.#options.maxOpen - this.#open.own - this.#accepting);
  }

  /** How many vouchers may be with their holders at once. */
  get maxIssued(): number {
    return this.#options.maxIssued;
  }

  /**
   * How many more vouchers may be issued now. Holders may leave it as it is for ever. Less where the service has taken
   * vouchers into its own hands beyond `maxOpen`: both bounds together are never passed.
   */
  get issueRoom(): number {
    const { maxOpen, maxIssued } = this.#options;
    return Math.max(0, Math.min(maxIssued - this.#open.issued, maxOpen + maxIssued - this.#open.size) - this.#accepting);
  }

  /** Calls `listener` after each event is durable, in order. Returns the way to stop. */
  listen(listener: OrderListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** An order, open or closed, from its events. @throws OrderNotFound */
  async find(orderId: string): Promise<Order> {
    const order = await readOrder(this.#store, orderId);
    if (!order) throw new OrderNotFound(orderId);
    return order;
  }

  /**
   * Accepts requests: durable when it resolves. A request told twice is accepted once.
   * @throws TooManyOpenOrders before anything is written.
   */
  request(requests: readonly MintRequest[]): Promise<RequestOutcome[]> {
    return this.#take(requests);
  }

  /**
   * The same, each new order together with its voucher's binding, in one append: nobody mints it in between under another
   * number. Orders that were accepted before are given back as they are.
   * @param bind makes the bindings of the new orders, in their order; called before anything is written
   * @throws TooManyIssuedVouchers, and what `bind` throws; nothing is written then.
   */
  issue(requests: readonly MintRequest[], bind: Bind): Promise<RequestOutcome[]> {
    return this.#take(requests, bind);
  }

  /** How many of these would be new orders. */
  async countNew(orderIds: readonly string[]): Promise<number> {
    const candidates = [...new Set(orderIds)].filter((orderId) => this.#open.get(orderId) === undefined);
    return (await this.#store.versions(candidates.map(orderStream))).filter((version) => version === 0).length;
  }

  /**
   * Accepts an order together with the voucher that is out there for it: in one append, for an order that was accepted
   * without its number would be given another one.
   * @throws TooManyOpenOrders, TooManyIssuedVouchers, VersionConflict (it is known here); nothing is written then.
   */
  adopt(request: MintRequest, voucher: VoucherBinding): Promise<void> {
    const { minter } = this.#options;
    return this.#inTurn([accepting, request.orderId], async () => {
      const { maxOpen, maxIssued } = this.#options;
      if (this.room === 0) throw new TooManyOpenOrders(maxOpen);
      if (this.issueRoom === 0) throw new TooManyIssuedVouchers(maxIssued); // what it counts as until it has a carrier
      await this.#accept([{ ...request, minter }], [voucher]);
    });
  }

  /**
   * Decides the commands in the order given and appends what they lead to, together with `also` (streams of others,
   * e.g. the lane's attempt), all or nothing. Commands to orders that are not open are old news and are passed over.
   * Commands alone, without `also`, are put off where other writers keep getting in the way: they are told later then.
   * @throws IllegalTransition, VersionConflict; nothing is written then.
   */
  execute(told: readonly Told[], also: readonly StreamWrite[] = []): Promise<void> {
    const keys = [...told.map(({ orderId }) => orderId), ...also.map(({ stream }) => stream)];
    return this.#inTurn(keys, async () => {
      const deferrable = also.length === 0 && this.#options.defer !== undefined;
      await this.#conflicts.run(
        () => this.#execute(told, also),
        () => this.#reload(told),
        deferrable ? { told } : {},
      );
    });
  }

  /** The same for commands that were put off before: tried once, and the caller tries again. @throws VersionConflict */
  executeDeferred(told: readonly Told[]): Promise<void> {
    return this.#inTurn(
      told.map(({ orderId }) => orderId),
      async () => {
        await this.#reload(told);
        await this.#execute(told, []);
      },
    );
  }

  /** Waits for what is under way and keeps a snapshot, so that the next start is quick. */
  async close(): Promise<void> {
    await this.#turns.alone(() => this.#saveSnapshot());
  }

  async #inTurn<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const result = await this.#turns.run(keys, work);
    if (this.#sinceSnapshot >= eventsBetweenSnapshots) {
      this.#sinceSnapshot = 0;
      // Alone: what is in memory is then what is stored. A snapshot that fails costs the next start time, and is none of the
      // command's business, which is durable.
      await this.#turns.alone(() => this.#saveSnapshot()).catch(this.#options.onTrouble);
    }
    return result;
  }

  #take(requests: readonly MintRequest[], bind?: Bind): Promise<RequestOutcome[]> {
    const { minter } = this.#options;
    const own = requests.map((request) => ({ ...request, minter }));
    return this.#inTurn([accepting, ...own.map(({ orderId }) => orderId)], () => this.#request(own, bind));
  }

  async #request(requests: readonly MintRequest[], bind?: Bind): Promise<RequestOutcome[]> {
    const versions = await this.#store.versions(requests.map((request) => orderStream(request.orderId)));
    const seen = new Map<string, MintRequest>();
    const fresh = requests.filter(
      ({ orderId }, i) => versions[i] === 0 && !seen.has(orderId) && seen.set(orderId, requests[i] as MintRequest),
    );
    if (bind && fresh.length > this.issueRoom) throw new TooManyIssuedVouchers(this.#options.maxIssued);
    if (!bind && fresh.length > this.room) throw new TooManyOpenOrders(this.#options.maxOpen);
    this.#accepting = fresh.length;
    const accepted = await this.#bindAndAccept(fresh, bind).finally(() => (this.#accepting = 0));
    const outcomes = requests.map(async (request): Promise<RequestOutcome> => {
      const order = accepted.get(request.orderId);
      if (order?.request === undefined) return this.#again(request);
      return seen.get(request.orderId) === request ? { outcome: "accepted", order } : compareWith(order, request);
    });
    return Promise.all(outcomes);
  }

  async #bindAndAccept(fresh: readonly MintRequest[], bind?: Bind): Promise<Map<string, Order>> {
    if (fresh.length === 0) return new Map();
    if (!bind) return this.#accept(fresh);
    const vouchers = await bind(fresh);
    if (vouchers.length !== fresh.length) throw new TypeError(`${vouchers.length} vouchers for ${fresh.length} orders`);
    return this.#accept(fresh, vouchers);
  }

  /** All in one append; those with a voucher are authorised at once. */
  async #accept(fresh: readonly MintRequest[], vouchers: readonly VoucherBinding[] = []): Promise<Map<string, Order>> {
    const accepted = new Map<string, Order>();
    const at = this.#options.now();
    const lives = fresh.map((request, i) => ({ orderId: request.orderId, events: beginningOf(request, vouchers[i], at) }));
    const last = await this.#store.append(
      lives.map(({ orderId, events }) => ({ stream: orderStream(orderId), expected: 0, events: events.map(stored) })),
    );
    const count = lives.reduce((sum, { events }) => sum + events.length, 0);
    let position = last - count + 1;
    for (const { orderId, events } of lives) {
      for (const event of events) accepted.set(orderId, this.#apply(this.#open.get(orderId), event, orderId, at, position));
      position += events.length;
    }
    this.#stands(last, count);
    return accepted;
  }

  async #again(request: MintRequest): Promise<RequestOutcome> {
    return compareWith(this.get(request.orderId) ?? (await this.find(request.orderId)), request);
  }

  async #execute(told: readonly Told[], also: readonly StreamWrite[]): Promise<void> {
    const states = new Map<string, Order>();
    const decided = new Map<string, OrderEvent[]>();
    const at = this.#options.now();
    for (const { orderId, command } of told) {
      const order = states.get(orderId) ?? this.get(orderId);
      if (!order) continue;
      const events = decide(command, order, orderId);
      if (events.length === 0) continue;
      states.set(
        orderId,
        events.reduce((state, event) => evolve(state, event, orderId, at), order),
      );
      decided.set(orderId, [...(decided.get(orderId) ?? []), ...events]);
    }
    const writes = [...decided].map(([orderId, events]): StreamWrite => {
      return { stream: orderStream(orderId), expected: this.get(orderId)?.version ?? 0, events: events.map(stored) };
    });
    if (writes.length + also.length === 0) return;
    const last = await this.#store.append([...writes, ...also]);
    for (const [orderId, events] of decided) {
      for (const event of events) this.#apply(this.#open.get(orderId), event, orderId, at);
    }
    this.#stands(
      last,
      [...writes, ...also].reduce((sum, { events }) => sum + events.length, 0),
    );
  }

  async #reload(told: readonly Told[]): Promise<void> {
    for (const orderId of new Set(told.map((one) => one.orderId))) {
      const entry = this.#open.get(orderId);
      const order = await readOrder(this.#store, orderId);
      if (!order || !entry) continue;
      this.#open.put({ ...entry, order });
    }
  }

  /** The events up to `last` are in the store and in memory. */
  #stands(last: Position, events: number): void {
    this.#position = Math.max(this.#position, last);
    this.#sinceSnapshot += events;
  }

  #apply(entry: OpenOrder | undefined, event: OrderEvent, orderId: string, at: number, position = entry?.position ?? 0): Order {
    const order = evolve(entry?.order, event, orderId, at);
    this.#open.put({ order, position });
    for (const listener of this.#listeners) listener(order, event, entry?.order);
    return order;
  }

  async #saveSnapshot(): Promise<void> {
    this.#sinceSnapshot = 0;
    await saveOpenOrders(this.#store, this.#options.minter, this.#open, this.#position);
  }
}

const stored = (event: OrderEvent): NewEvent => event as unknown as NewEvent;
