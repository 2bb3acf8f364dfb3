import { isClosed, type MintRequest, type Order, type OrderBook, userOf } from "../../order/index.ts";
import { Batcher, type BatchLimits, type Verdict } from "../batch/batcher.ts";
import { rendezvous } from "./rendezvous.ts";

/** What dispatch needs to know of a lane. */
interface Addressed {
  readonly address: string;
}

export interface DispatcherParts<Lane extends Addressed> {
  readonly book: Pick<OrderBook, "open" | "get" | "acceptedAt">;
  /** At least one. */
  readonly lanes: readonly Lane[];
  /** Whether the lane takes new users now: it is on duty and can pay. */
  readonly takesUsers: (lane: Lane) => boolean;
  /** Whether users who wait for the lane and have nothing on their way there go elsewhere; a lane that does not take users may keep them. */
  readonly releasesUsers: (lane: Lane) => boolean;
  /** Whether the nonce may still bring the order. */
  readonly isOpen: (carrier: { readonly lane: string; readonly nonce: number }) => boolean;
  /** Whether the order waits for another block; `isFree`: nothing of its user is on its way. By default none does. */
  readonly isHeld?: (order: Order, isFree: boolean) => boolean;
  readonly limits: BatchLimits;
}

/**
 * Where an open order is, as far as dispatch goes. `waiting`: in a lane's line. `sent`: taken for a transaction that is not
 * known to be mined. `mined`: in a block that is not final. `elsewhere`: none of the lanes' business, such as a voucher
 * that its holder is to redeem, or an order that was refused.
 */
type Place = "waiting" | "sent" | "mined" | "elsewhere";

/** A user with open orders. */
interface Home {
  lane: string;
  waiting: number;
  sent: number;
  mined: number;
  /** Second to which the vouchers of all the user's orders that are `sent` are bound; undefined where there are none. */
  second: number | undefined;
}

/** Seconds for which a user's vouchers are bound to one second; well below what the contract allows (VALIDITY_SECONDS, 300). */
const sameSecondFor = 120;

/**
 * Which lane mints which order, so that orders of one user never overtake each other.
 *
 * A user's home is one lane, by rendezvous hashing, as long as the user has open orders; there the nonces keep the order.
 * It moves to another lane only while none of the user's orders was sent or waits for its block to be final.
 *
 * Race: of two transactions of one lane the first expires while it waits and the second, whose vouchers are younger, does not:
 * the user's later order would be minted first. Mitigation: while orders of a user are on their way, further ones are
 * bound to the same second, so that they expire no later; they wait where that second is too old.
 * What remains: orders of a transaction that reverted, that somebody else's transaction displaced, or that was reorganised
 * away and then expired, are minted after younger ones that were sent already. And where a reorg takes back the block in
 * which an order was skipped, its former transaction is sent again by its lane while the order may be on its way by another.
 */
export class Dispatcher<Lane extends Addressed> {
  readonly #parts: DispatcherParts<Lane>;
  readonly #lines: ReadonlyMap<string, Batcher>;
  readonly #homes = new Map<string, Home>();
  readonly #places = new Map<string, Place>();
  #sent = 0;

  constructor(parts: DispatcherParts<Lane>) {
    this.#parts = parts;
    this.#lines = new Map(parts.lanes.map(({ address }) => [address, new Batcher(parts.limits)]));
  }

  /** Takes in all open orders of the book, before anything is taken out; those that a lane carries first, since they fix a user's lane. */
  load(now: number): void {
    const others: Order[] = [];
    for (const order of this.#parts.book.open()) {
      if (this.#placeOf(order) === "waiting" || !this.#hasCarrier(order)) others.push(order);
      else this.follow(order, now);
    }
    for (const order of others) this.follow(order, now);
  }

  /** Orders in transactions that are not known to be mined, over all lanes. */
  get sent(): number {
    return this.#sent;
  }

  /** Orders in line, over all lanes. */
  get waiting(): number {
    let sum = 0;
    for (const line of this.#lines.values()) sum += line.size;
    return sum;
  }

  waitingFor(lane: Lane): number {
    return this.#line(lane.address).size;
  }

  /** Milliseconds until the lane's next batch is due; undefined where nothing waits for it. */
  dueIn(lane: Lane, now: number): number | undefined {
    return this.#line(lane.address).dueIn(now);
  }

  /** The lane that the user's next order goes to. */
  laneFor(request: Pick<MintRequest, "tenant" | "to">): string {
    const user = userOf(request);
    return this.#homes.get(user)?.lane ?? this.#choose(user);
  }

  /**
   * The lane's next batch, with the second that each order's voucher is to be bound to.
   * @param second of the newest block
   * @param onlyFree leave out users who have orders on their way: for a nonce below theirs
   */
  take(lane: Lane, now: number, second: number, onlyFree = false): { readonly order: Order; readonly second: number }[] {
    const { isHeld = () => false } = this.#parts;
    const seen = new Set<string>();
    const held = new Set<string>();
    const taken = this.#line(lane.address).take(now, (order) => {
      const { orderId } = order.request;
      if (this.#places.get(orderId) !== "waiting" || seen.has(orderId)) return "gone";
      const user = userOf(order.request);
      if (held.has(user) || isHeld(order, this.#home(order).sent === 0)) {
        held.add(user); // nor does any later order of the user go
        return "later";
      }
      const ruling = this.#mayGo(order, second, onlyFree);
      if (ruling === "take") seen.add(orderId);
      return ruling;
    });
    return taken.flatMap((stale) => {
      const order = this.#parts.book.get(stale.request.orderId);
      if (!order) return [];
      this.#move(order, "sent", now);
      const home = this.#home(order);
      home.second ??= second;
      return [{ order, second: home.second }];
    });
  }

  /**
   * Back into their line go those orders that were taken and did not get a carrier. What counts is what became of the order
   * since: one whose voucher expired may still have the nonce of the transaction that skipped it.
   */
  putBack(orders: readonly Order[], now: number): void {
    for (const { request } of orders) {
      const order = this.#parts.book.get(request.orderId);
      if (!order || this.#places.get(request.orderId) !== "sent") continue;
      // Authorised without an assignment: its voucher was handed out meanwhile.
      const place = order.kind === "authorised" ? "elsewhere" : this.#placeOf(order);
      if (place !== "sent") this.#move(order, place, now);
    }
  }

  /** What an event did to an order. */
  follow(order: Order, now: number): void {
    const place = this.#placeOf(order);
    if (place === "sent" || place === "mined") this.#join(order, now);
    this.#move(order, place, now);
    if (place !== "sent" || !order.voucher) return;
    const home = this.#home(order);
    home.second = Math.min(home.second ?? Infinity, order.voucher.second);
  }

  /** Users who wait for this lane and have nothing on their way there go to lanes that take them. */
  reroute(lane: Lane, now: number): void {
    if (!this.#parts.releasesUsers(lane)) return;
    const line = this.#line(lane.address);
    for (const each of line.empty()) {
      if (this.#places.get(each.order.request.orderId) !== "waiting") continue; // struck off: it went on by other means
      const home = this.#home(each.order);
      if (home.lane === lane.address && home.sent + home.mined === 0) home.lane = this.#choose(userOf(each.order.request));
      this.#line(home.lane).add([each], now);
    }
  }

  #mayGo(order: Order, second: number, onlyFree: boolean): Verdict {
    const home = this.#home(order);
    if (onlyFree && home.sent > 0) return "later";
    return second - (home.second ?? second) > sameSecondFor ? "later" : "take";
  }

  #placeOf(order: Order): Place | undefined {
    if (isClosed(order.kind)) return undefined;
    if (order.inclusion) return "mined";
    switch (order.kind) {
      case "requested":
      case "compensating":
        return "waiting";
      case "authorised": // without a carrier the voucher is with its holder, unless it is in our hands just now
        return this.#places.get(order.request.orderId) === "sent" ? "sent" : "elsewhere";
      case "unconfirmed":
        // After a reorg the lane sends its own transaction again; where the mint was somebody else's, there is none.
        return order.reason === "reorg" && this.#hasCarrier(order) ? "sent" : "waiting";
      case "failed":
        return order.refusal ? "elsewhere" : "sent";
      default:
        return "sent";
    }
  }

  #hasCarrier({ carrier }: Order): boolean {
    return carrier !== undefined && this.#parts.isOpen(carrier);
  }

  /**
   * The user of an order that a lane carries is at home there, unless others of the user's orders hold them elsewhere. A carrier
   * whose nonce is closed, or whose transaction skipped the order, is history and says nothing.
   */
  #join(order: Order, now: number): void {
    const home = this.#home(order);
    const { carrier } = order;
    if (!carrier || carrier.lane === home.lane || !this.#lines.has(carrier.lane) || !this.#hasCarrier(order)) return;
    if (home.sent + home.mined > 0) return;
    const former = this.#line(home.lane);
    home.lane = carrier.lane;
    if (home.waiting === 0) return;
    const user = userOf(order.request);
    const line = this.#line(home.lane);
    for (const each of former.empty()) (userOf(each.order.request) === user ? line : former).add([each], now);
  }

  #move(order: Order, to: Place | undefined, now: number): void {
    const { orderId } = order.request;
    const from = this.#places.get(orderId);
    if (from === to) return;
    const home = this.#home(order);
    if (from !== undefined && from !== "elsewhere") home[from]--;
    if (to !== undefined && to !== "elsewhere") home[to]++;
    this.#sent += Number(to === "sent") - Number(from === "sent");
    if (to === undefined) this.#places.delete(orderId);
    else this.#places.set(orderId, to);
    if (home.sent === 0) home.second = undefined;
    if (to === "waiting") this.#line(home.lane).add([{ order, acceptedAt: this.#parts.book.acceptedAt(orderId) ?? 0 }], now);
    if (home.waiting + home.sent + home.mined === 0) this.#homes.delete(userOf(order.request));
  }

  #home({ request }: Order): Home {
    const user = userOf(request);
    let home = this.#homes.get(user);
    if (!home) {
      home = { lane: this.#choose(user), waiting: 0, sent: 0, mined: 0, second: undefined };
      this.#homes.set(user, home);
    }
    return home;
  }

  /** The user's first choice among the lanes that take users; the first of all where none does. */
  #choose(user: string): string {
    const { lanes, takesUsers } = this.#parts;
    const [only] = lanes;
    if (only && lanes.length === 1) return only.address;
    const ranked = rendezvous(
      user,
      lanes.map(({ address }) => address),
    );
    const open = new Set(lanes.filter(takesUsers).map(({ address }) => address));
    return ranked.find((address) => open.has(address)) ?? ranked[0] ?? "";
  }

  #line(address: string): Batcher {
    const line = this.#lines.get(address);
    if (!line) throw new TypeError(`${address} is not a lane of this dispatcher`);
    return line;
  }
}
