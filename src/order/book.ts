import pLimit from "p-limit";
import type { EventStore, Json, NewEvent, Position, StoredEvent, StreamWrite } from "../store/event-store.ts";
import { IdempotencyConflict, OrderNotFound, TooManyOpenOrders } from "./errors.ts";
import type { MintRequest, OrderEvent, VoucherBinding } from "./events.ts";
import { decide, evolve, type Order, type OrderCommand, orderOfStream, orderStream } from "./order.ts";
import { isClosed } from "./transitions.ts";

/** A command and the order it is for. */
export interface Told {
  readonly orderId: string;
  readonly command: OrderCommand;
}

/** What became of a request: accepted now, accepted before with the same content, or refused because the content differs. */
export type RequestOutcome =
  | { readonly outcome: "accepted"; readonly order: Order }
  | { readonly outcome: "known"; readonly order: Order }
  | { readonly outcome: "conflict"; readonly error: IdempotencyConflict };

export type OrderListener = (order: Order, event: OrderEvent, before: Order | undefined) => void;

export interface OrderBookOptions {
  /** Contract that mints the orders of this book. Orders of other contracts in the same store are none of its business. */
  readonly minter: string;
  /** Most orders that may be open (accepted and neither final nor rejected) at once. */
  readonly maxOpen: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How a conflicting writer shows: the store's error for it. */
  readonly isConflict: (error: unknown) => boolean;
  /** Waits between retries; injected so that tests need not. */
  readonly pause: (ms: number) => Promise<void>;
  /** Jitter, in [0, 1). */
  readonly random: () => number;
}

/** Orders that a snapshot carries itself; those accepted later are replayed from their events. */
const snapshotOrders = 1_000;
const eventsBetweenSnapshots = 20_000;
const retries = { first: 10, factor: 1.5, most: 3 };

interface Entry {
  readonly order: Order;
  /** Global position of its first event. */
  readonly position: Position;
}

/**
 * The open orders in memory and the one way to change them: command in, decided, appended, and only then believed.
 *
 * Race: facts about one order come from the batcher and from the chain at the same time, and another process might
 * write too. Mitigation: commands take turns, each is decided on the state that the former left; a version conflict
 * reloads and decides again. What remains: after the last retry the conflict is thrown and nothing was written.
 */
export class OrderBook {
  readonly #store: EventStore;
  readonly #options: OrderBookOptions;
  readonly #open = new Map<string, Entry>();
  readonly #listeners = new Set<OrderListener>();
  /** Commands take turns. */
  readonly #inTurn = pLimit(1);
  #position: Position = 0;
  #sinceSnapshot = 0;

  private constructor(store: EventStore, options: OrderBookOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Reads the open orders: the snapshot, then what was appended since. */
  static async open(store: EventStore, options: OrderBookOptions): Promise<OrderBook> {
    const book = new OrderBook(store, options);
    await book.#load();
    return book;
  }

  /** The open order of this id; undefined where it is closed or was never accepted. */
  get(orderId: string): Order | undefined {
    return this.#open.get(orderId)?.order;
  }

  /** All open orders, oldest first. */
  *open(): IterableIterator<Order> {
    for (const entry of this.#open.values()) yield entry.order;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** How many orders may be open at once. */
  get maxOpen(): number {
    return this.#options.maxOpen;
  }

  /** How many more orders may be accepted now. */
  get room(): number {
    return Math.max(0, this.#options.maxOpen - this.#open.size);
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
    const { minter } = this.#options;
    return this.#inTurn(() => this.#request(requests.map((request) => ({ ...request, minter }))));
  }

  /**
   * Accepts an order together with the voucher that is out there for it: in one append, for an order that was accepted
   * without its number would be given another one.
   * @throws TooManyOpenOrders, VersionConflict (it is known here); nothing is written then.
   */
  adopt(request: MintRequest, voucher: VoucherBinding): Promise<void> {
    const { minter } = this.#options;
    return this.#inTurn(() => this.#adopt({ ...request, minter }, voucher));
  }

  /**
   * Decides the commands in the order given and appends what they lead to, together with `also` (streams of others,
   * e.g. the lane's attempt), all or nothing. Commands to orders that are not open are old news and are passed over.
   * @throws IllegalTransition, VersionConflict; nothing is written then.
   */
  execute(told: readonly Told[], also: readonly StreamWrite[] = []): Promise<void> {
    return this.#inTurn(() => this.#retry(() => this.#execute(told, also), told));
  }

  /** Waits for its turn and keeps a snapshot, so that the next start is quick. */
  async close(): Promise<void> {
    await this.#inTurn(() => this.#saveSnapshot());
  }

  async #request(requests: readonly MintRequest[]): Promise<RequestOutcome[]> {
    const versions = await this.#store.versions(requests.map((request) => orderStream(request.orderId)));
    const seen = new Map<string, MintRequest>();
    const fresh = requests.filter(
      ({ orderId }, i) => versions[i] === 0 && !seen.has(orderId) && seen.set(orderId, requests[i] as MintRequest),
    );
    if (fresh.length > this.room) throw new TooManyOpenOrders(this.#options.maxOpen);
    const at = this.#options.now();
    const accepted = new Map<string, Order>();
    if (fresh.length > 0) {
      const events = fresh.map((request) => ({ request, event: requestedEvent(request) }));
      const last = await this.#append(
        events.map(({ request, event }) => ({ stream: orderStream(request.orderId), expected: 0, events: [stored(event)] })),
      );
      events.forEach(({ request, event }, i) => {
        accepted.set(request.orderId, this.#apply(undefined, event, request.orderId, at, last - events.length + 1 + i));
      });
    }
    const outcomes = requests.map(async (request): Promise<RequestOutcome> => {
      const order = accepted.get(request.orderId);
      if (order?.request === undefined) return this.#again(request);
      return seen.get(request.orderId) === request ? { outcome: "accepted", order } : compare(request, order);
    });
    const results = await Promise.all(outcomes);
    await this.#snapshotIfDue();
    return results;
  }

  async #adopt(request: MintRequest, voucher: VoucherBinding): Promise<void> {
    if (this.room === 0) throw new TooManyOpenOrders(this.#options.maxOpen);
    const { orderId } = request;
    const at = this.#options.now();
    const requested = requestedEvent(request);
    const events = [requested, ...decide({ kind: "authorise", voucher }, evolve(undefined, requested, orderId, at), orderId)];
    const last = await this.#append([{ stream: orderStream(orderId), expected: 0, events: events.map(stored) }]);
    for (const event of events) this.#apply(this.#open.get(orderId), event, orderId, at, last - events.length + 1);
    await this.#snapshotIfDue();
  }

  async #again(request: MintRequest): Promise<RequestOutcome> {
    return compare(request, this.get(request.orderId) ?? (await this.find(request.orderId)));
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
    await this.#append([...writes, ...also]);
    for (const [orderId, events] of decided) {
      for (const event of events) this.#apply(this.#open.get(orderId), event, orderId, at);
    }
    await this.#snapshotIfDue();
  }

  /** @throws the conflict, after the last retry */
  async #retry(work: () => Promise<void>, told: readonly Told[]): Promise<void> {
    let wait = retries.first;
    for (let retry = 0; ; retry++, wait *= retries.factor) {
      try {
        await work();
        return;
      } catch (error) {
        if (!this.#options.isConflict(error) || retry >= retries.most) throw error;
        await this.#options.pause(wait * this.#options.random());
        await this.#reload(told);
      }
    }
  }

  async #reload(told: readonly Told[]): Promise<void> {
    for (const orderId of new Set(told.map((one) => one.orderId))) {
      const entry = this.#open.get(orderId);
      const order = await readOrder(this.#store, orderId);
      if (!order || !entry) continue;
      if (isClosed(order.kind)) this.#open.delete(orderId);
      else this.#open.set(orderId, { ...entry, order });
    }
  }

  async #append(writes: readonly StreamWrite[]): Promise<Position> {
    const last = await this.#store.append(writes);
    this.#position = last;
    for (const write of writes) this.#sinceSnapshot += write.events.length;
    return last;
  }

  #apply(entry: Entry | undefined, event: OrderEvent, orderId: string, at: number, position = entry?.position ?? 0): Order {
    const order = evolve(entry?.order, event, orderId, at);
    if (isClosed(order.kind)) this.#open.delete(orderId);
    else this.#open.set(orderId, { order, position });
    for (const listener of this.#listeners) listener(order, event, entry?.order);
    return order;
  }

  get #snapshotName(): string {
    return `orders/open/${this.#options.minter.toLowerCase()}`;
  }

  async #load(): Promise<void> {
    const snapshot = await this.#store.loadSnapshot(this.#snapshotName);
    for (const entry of (snapshot?.data ?? []) as unknown as readonly Entry[])
      this.#open.set(entry.order.request.orderId, completed(entry));
    this.#position = snapshot?.position ?? 0;
    for await (const event of this.#store.readAll(this.#position)) this.#replay(event);
  }

  /** An event of an order that is neither in the snapshot nor new is the past of a closed order. */
  #replay(event: StoredEvent): void {
    this.#position = event.position;
    const orderId = orderOfStream(event.stream);
    if (orderId === undefined) return;
    const entry = this.#open.get(orderId);
    if (event.version !== (entry?.order.version ?? 0) + 1) return;
    const order = evolve(entry?.order, { kind: event.kind, data: event.data } as OrderEvent, orderId, event.at);
    if (order.request.minter !== this.#options.minter) return;
    if (isClosed(order.kind)) this.#open.delete(orderId);
    else this.#open.set(orderId, { order, position: entry?.position ?? event.position });
  }

  async #snapshotIfDue(): Promise<void> {
    if (this.#sinceSnapshot >= eventsBetweenSnapshots) await this.#saveSnapshot();
  }

  /**
   * A snapshot carries the oldest open orders as they are and the position from which the others are replayed, so its
   * size is bounded while a few old orders (vouchers that nobody redeemed yet) do not hold back the position.
   */
  async #saveSnapshot(): Promise<void> {
    this.#sinceSnapshot = 0;
    const carried: Entry[] = [];
    let position = this.#position;
    for (const entry of this.#open.values()) {
      if (carried.length === snapshotOrders) {
        position = Math.min(position, entry.position - 1);
        break;
      }
      carried.push(entry);
    }
    await this.#store.saveSnapshot(this.#snapshotName, { position, data: carried as unknown as Json });
  }
}

/** An order from its events, or undefined where there are none. */
export async function readOrder(store: EventStore, orderId: string): Promise<Order | undefined> {
  let order: Order | undefined;
  for await (const event of store.read(orderStream(orderId))) {
    order = evolve(order, { kind: event.kind, data: event.data } as OrderEvent, orderId, event.at);
  }
  return order;
}

/** An entry of a snapshot; one of an older mintd does not say since when its order is in its state. */
const completed = ({ order, position }: Entry): Entry => ({ order: { ...order, changedAt: changedAtOf(order) }, position });

const changedAtOf = ({ changedAt, requestedAt }: Partial<Order> & Pick<Order, "requestedAt">): number => changedAt ?? requestedAt;

const stored = (event: OrderEvent): NewEvent => event as unknown as NewEvent;

function requestedEvent(request: MintRequest): OrderEvent {
  const [event] = decide({ kind: "request", request }, undefined, request.orderId);
  return event as OrderEvent; // a request of an unknown order is exactly one event
}

function compare(request: MintRequest, order: Order): RequestOutcome {
  const was = order.request;
  // An order adopted from the chain's past says nothing of its URI.
  const fields =
    was.key === null && was.uriDigest === ""
      ? (["minter", "to", "quantity"] as const)
      : (["minter", "to", "quantity", "uriDigest"] as const);
  const differences = fields.filter((field) => was[field] !== request[field]);
  if (differences.length === 0) return { outcome: "known", order };
  const words = differences.map((field) => `${field} was ${String(was[field])}, is now ${String(request[field])}`).join("; ");
  return { outcome: "conflict", error: new IdempotencyConflict(request.orderId, request.key, words) };
}
