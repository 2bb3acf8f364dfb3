import { expect } from "chai";
import { Dispatcher, mintGasOf } from "../../../../src/chain/index.ts";
import { allows, type Carrier, decide, evolve, isClosed, type Order, type OrderCommand, userOf } from "../../../../src/order/index.ts";
import { hashOf, idOf, requestFor } from "../../order/orders.ts";

/** Seconds that a voucher holds, by the contract. */
const validity = 300;

/** A transaction of a lane: its orders and the second their vouchers are bound to. */
interface Transaction {
  readonly carrier: Carrier;
  readonly orderIds: readonly string[];
  /** Where it is in the chain; undefined while it waits. */
  place: number | undefined;
}

/** What a lane took and did not record yet. */
interface Hands {
  readonly orderIds: readonly string[];
  readonly seconds: ReadonlyMap<string, number>;
  readonly gap: number | undefined;
}

interface ModelLane {
  readonly address: string;
  duty: "open" | "paused" | "draining";
  nextNonce: number;
  /** Nonces that foreign transactions had and lost, lowest first. */
  gaps: number[];
  readonly open: Map<number, Transaction>;
  hands: Hands | undefined;
}

/**
 * What may happen to orders between acceptance and final, around a real Dispatcher: orders decide and evolve as they do in the
 * book, and chain and lanes are what is left of them when only the facts that reach the dispatcher count. Each action checks
 * what the dispatcher promises.
 */
export class World {
  dispatcher: Dispatcher<ModelLane>;
  readonly orders = new Map<string, Order>();
  readonly #lanes: readonly ModelLane[];
  readonly #accepted: string[] = [];
  readonly #mints = new Map<string, number>();
  /** Users whose order may break by what the dispatcher's comment says remains. */
  readonly #excused = new Set<string>();
  /** Orders whose inclusion a reorg took back. */
  readonly #reorganised = new Set<string>();
  /** Orders whose mint is in somebody else's transaction that is not final, and its place. */
  readonly #copies = new Map<string, number>();
  #place = 0;
  readonly #now = 0;
  #second = 1_000;

  constructor(lanes: number) {
    this.#lanes = Array.from({ length: lanes }, (_, i) => ({
      address: `0x${String(i + 1).repeat(40)}`,
      duty: "open",
      ...{ nextNonce: 0, gaps: [], open: new Map(), hands: undefined },
    }));
    this.dispatcher = this.#dispatcher();
  }

  #dispatcher(): Dispatcher<ModelLane> {
    const orders = this.orders;
    return new Dispatcher({
      book: {
        *open() {
          for (const order of orders.values()) if (!isClosed(order.kind)) yield order;
        },
        get: (orderId) => openOnly(orders.get(orderId)),
        acceptedAt: (orderId) => this.#accepted.indexOf(orderId) + 1,
      },
      lanes: this.#lanes,
      takesUsers: (lane) => lane.duty === "open",
      releasesUsers: (lane) => lane.duty === "draining",
      isOpen: ({ lane, nonce }) => this.#lanes.some(({ address, open }) => address === lane && open.has(nonce)),
      limits: { maxItems: 3, maxGas: 14_000_000, maxWaitMs: 0, gas: mintGasOf("VoucherMinter") },
    });
  }

  /** A process that is started anew: what was in hands was never recorded, and the dispatcher learns the rest from the book. */
  restart(): void {
    for (const lane of this.#lanes) lane.hands = undefined;
    this.dispatcher = this.#dispatcher();
    this.dispatcher.load(this.#now);
  }

  #lane(n: number): ModelLane {
    return this.#lanes[n % this.#lanes.length] as ModelLane;
  }

  accept(user: number): void {
    const n = this.#accepted.length + 1;
    this.#accepted.push(idOf(n));
    const to = `0x${String(user).padStart(40, "0")}`;
    this.#tell(idOf(n), { kind: "request", request: requestFor(n, { to }) });
  }

  /** Time passes: blocks get younger seconds. */
  pass(seconds: number): void {
    this.#second += seconds;
  }

  take(n: number, intoGap: boolean): void {
    const lane = this.#lane(n);
    const gap = intoGap ? lane.gaps[0] : undefined;
    if (lane.hands || (intoGap && gap === undefined)) return;
    const taken = this.dispatcher.take(lane, this.#now, this.#second, gap !== undefined);
    const orderIds = taken.map(({ order }) => order.request.orderId);
    expect(new Set(orderIds).size, "an order twice in one batch").to.equal(orderIds.length);
    for (const { order, second } of taken) this.#mayTake(lane, order, second, orderIds, gap);
    if (taken.length === 0) return;
    const seconds = new Map(taken.map(({ order, second }) => [order.request.orderId, second]));
    lane.hands = { orderIds, seconds, gap };
  }

  #mayTake(lane: ModelLane, order: Order, second: number, orderIds: readonly string[], gap: number | undefined): void {
    const { orderId } = order.request;
    expect(this.#isWaiting(orderId), `order ${Number(orderId)} is taken and does not wait`).to.equal(true);
    expect(second).to.be.within(this.#second - 120, this.#second);
    const index = this.#accepted.indexOf(orderId);
    for (const [i, other] of this.#accepted.entries()) {
      const its = this.orders.get(other);
      if (other === orderId || !its || userOf(its.request) !== userOf(order.request)) continue;
      const inBatch = orderIds.indexOf(other);
      if (inBatch >= 0) expect(inBatch < orderIds.indexOf(orderId), "out of order in a batch").to.equal(i < index);
      else if (i < index) expect(this.#isWaiting(other), `order ${index + 1} overtakes ${i + 1}`).to.equal(false);
      const carriedBy = this.#laneOf(other);
      if (carriedBy) expect(carriedBy.address, `order ${index + 1} is taken while ${i + 1} is elsewhere`).to.equal(lane.address);
      const onItsWay = this.#secondOf(other);
      if (onItsWay !== undefined) {
        expect(gap, "into a gap below its user's other orders").to.equal(undefined);
        if (!this.#reorganised.has(other)) expect(second, "vouchers of one user expire apart").to.be.at.most(onItsWay);
      }
    }
  }

  /** In line by what happened to it, and in nobody's hands. */
  #isWaiting(orderId: string): boolean {
    const order = this.orders.get(orderId);
    if (!order || this.#isInHand(orderId)) return false;
    if (order.kind === "unconfirmed") return order.reason !== "reorg" || this.#transactionOf(order) === undefined;
    return order.kind === "requested" || order.kind === "compensating";
  }

  #isInHand(orderId: string): boolean {
    return this.#lanes.some(({ hands }) => hands?.orderIds.includes(orderId));
  }

  #transactionOf({ carrier }: Order): Transaction | undefined {
    return carrier && this.#lanes.find(({ address }) => address === carrier.lane)?.open.get(carrier.nonce);
  }

  /** The lane that has the order in its hands, on its way, or in a block that is not final. */
  #laneOf(orderId: string): ModelLane | undefined {
    const order = this.orders.get(orderId);
    const holder = this.#lanes.find(({ hands }) => hands?.orderIds.includes(orderId));
    if (!order || isClosed(order.kind)) return undefined;
    if (holder || this.#isWaiting(orderId)) return holder;
    return this.#transactionOf(order) && this.#lanes.find(({ address }) => address === order.carrier?.lane);
  }

  /** Second of the order's voucher while it is on its way and not mined. */
  #secondOf(orderId: string): number | undefined {
    const order = openOnly(this.orders.get(orderId));
    const hands = order && this.#lanes.find((lane) => lane.hands?.orderIds.includes(orderId))?.hands;
    if (hands) return hands.seconds.get(orderId);
    const sent = order && !order.inclusion && !this.#isWaiting(orderId) && this.#transactionOf(order);
    return sent ? order.voucher?.second : undefined;
  }

  putBack(n: number): void {
    const lane = this.#lane(n);
    if (!lane.hands) return;
    const orders = lane.hands.orderIds.flatMap((orderId) => this.orders.get(orderId) ?? []);
    lane.hands = undefined;
    this.dispatcher.putBack(orders, this.#now);
  }

  /** An item of the batch can never be minted; the others stay in hand. */
  reject(n: number): void {
    const { hands } = this.#lane(n);
    const orderId = hands?.orderIds[0];
    const kind = orderId && this.orders.get(orderId)?.kind;
    if (!hands || !orderId || (kind !== "requested" && kind !== "compensating")) return;
    this.#lane(n).hands = { ...hands, orderIds: hands.orderIds.slice(1) };
    const carrier = this.orders.get(orderId)?.carrier;
    if (carrier) {
      // Its voucher is out: it waits, in nobody's line, until that can be redeemed no more.
      this.#tell(orderId, { kind: "fail", carrier, reason: "never", refusal: { code: "NEVER" } });
      this.#tell(orderId, { kind: "compensate", reason: "its window has passed" });
    }
    this.#tell(orderId, { kind: "reject", code: "NEVER", reason: "never", finalSecond: Number.MAX_SAFE_INTEGER });
  }

  assign(n: number): void {
    const lane = this.#lane(n);
    const { hands } = lane;
    if (!hands) return;
    // A voucher that was handed out has another number than the one signed here: the book refuses the whole append.
    const kinds = hands.orderIds.map((orderId) => this.orders.get(orderId)?.kind ?? "final");
    const refused = kinds.some((kind) => kind === "authorised" || !allows(kind, "authorised"));
    if (refused || hands.orderIds.length === 0) {
      this.putBack(n);
      return;
    }
    const nonce = hands.gap ?? lane.nextNonce++;
    if (hands.gap !== undefined) lane.gaps = lane.gaps.filter((gap) => gap !== hands.gap);
    const carrier = { lane: lane.address, nonce, hash: hashOf(nonce) };
    lane.open.set(nonce, { carrier, orderIds: hands.orderIds, place: undefined });
    lane.hands = undefined;
    for (const orderId of hands.orderIds) {
      const number = this.orders.get(orderId)?.voucher?.number ?? String(Number(orderId));
      this.#tell(orderId, { kind: "authorise", voucher: { number, second: hands.seconds.get(orderId) ?? 0 } }, { kind: "assign", carrier });
    }
    this.dispatcher.putBack(
      hands.orderIds.flatMap((orderId) => this.orders.get(orderId) ?? []),
      this.#now,
    ); // what has a carrier stays
  }

  /** The voucher of the oldest order that nothing was done with goes to its holder, even out of a lane's hands. */
  handOut(): void {
    const order = [...this.orders.values()].find(({ kind }) => kind === "requested");
    if (!order) return;
    const { orderId } = order.request;
    this.#excused.add(userOf(order.request)); // its holder redeems it when he likes
    this.#tell(orderId, { kind: "authorise", voucher: { number: String(Number(orderId)), second: this.#second } });
  }

  /** Somebody repeats the voucher of a transaction that was displaced, and is mined before it is issued again. */
  copy(): void {
    const order = [...this.orders.values()].find(({ request, reason }) => reason === "nonce-taken" && this.#isWaiting(request.orderId));
    if (!order) return;
    const { orderId } = order.request;
    const block = ++this.#place;
    this.#copies.set(orderId, block);
    this.#mints.set(orderId, block);
    const inclusion = { block, blockHash: idOf(block), txHash: idOf(800_000 + block), firstTokenId: "0" };
    this.#tell(orderId, { kind: "include", inclusion });
  }

  /** Holders redeem their vouchers, for good. */
  redeem(): void {
    for (const { kind, request } of [...this.orders.values()]) {
      if (kind !== "authorised") continue;
      const block = ++this.#place;
      this.#mints.set(request.orderId, block);
      const inclusion = { block, blockHash: idOf(block), txHash: idOf(800_000 + block), firstTokenId: "0" };
      this.#tell(request.orderId, { kind: "include", inclusion }, { kind: "deepen", blockHash: inclusion.blockHash, head: block + 31 });
    }
  }

  /** The lane's lowest waiting nonce is mined: its vouchers mint, or are skipped as expired. */
  mine(n: number): void {
    const lane = this.#lane(n);
    const [next] = [...lane.open.values()].filter(({ place }) => place === undefined).sort((a, b) => a.carrier.nonce - b.carrier.nonce);
    if (!next || lane.gaps.some((gap) => gap < next.carrier.nonce)) return;
    next.place = ++this.#place;
    for (const orderId of next.orderIds) this.#mineOne(orderId, next, next.place);
  }

  #mineOne(orderId: string, { carrier }: Transaction, block: number): void {
    const order = this.orders.get(orderId);
    if (!order || order.inclusion || isClosed(order.kind) || order.carrier !== carrier || this.#isWaiting(orderId)) return;
    if (this.#second > (order.voucher?.second ?? 0) + validity) {
      if (this.#reorganised.has(orderId)) this.#excused.add(userOf(order.request));
      this.#tell(orderId, { kind: "unconfirm", reason: "skipped-expired", carrier });
      return;
    }
    this.#mints.set(orderId, block);
    this.#tell(orderId, { kind: "include", inclusion: { block, blockHash: idOf(block), txHash: carrier.hash, firstTokenId: "0" } });
  }

  /** The newest blocks are gone, over all lanes. */
  reorg(blocks: number): void {
    const from = this.#place - blocks;
    for (const [orderId, block] of [...this.#copies].filter(([, place]) => place > from)) {
      this.#copies.delete(orderId);
      this.#mints.delete(orderId);
      this.#tell(orderId, { kind: "unconfirm", reason: "reorg", blockHash: idOf(block) });
    }
    for (const lane of this.#lanes) {
      const gone = [...lane.open.values()].filter(({ place = 0 }) => place > from);
      for (const transaction of gone) {
        const blockHash = idOf(transaction.place ?? 0);
        transaction.place = undefined;
        for (const orderId of transaction.orderIds) {
          if (this.orders.get(orderId)?.inclusion?.blockHash !== blockHash) continue;
          this.#reorganised.add(orderId);
          this.#mints.delete(orderId);
          this.#tell(orderId, { kind: "unconfirm", reason: "reorg", blockHash });
        }
      }
    }
  }

  /** Somebody else used the lane's next nonce, and a reorg took that back: nothing stands for it. */
  gap(n: number): void {
    const lane = this.#lane(n);
    const unmined = [...lane.open.values()].some(({ place }) => place === undefined);
    if (!unmined && !lane.hands && lane.gaps.length === 0) lane.gaps.push(lane.nextNonce++);
  }

  /** The lane's oldest transaction, where it is in the chain, is final there. */
  settle(n: number): void {
    const { open } = this.#lane(n);
    const [oldest] = [...open.values()].sort((a, b) => a.carrier.nonce - b.carrier.nonce);
    if (oldest?.place === undefined) return;
    open.delete(oldest.carrier.nonce);
    const blockHash = idOf(oldest.place);
    for (const orderId of oldest.orderIds) this.#tell(orderId, { kind: "deepen", blockHash, head: oldest.place + 31 });
  }

  /** Somebody else's transaction, or a revert, ends the lane's lowest waiting nonce for good. */
  lose(n: number, how: "failed" | "displaced"): void {
    const lane = this.#lane(n);
    const [next] = [...lane.open.values()].sort((a, b) => a.carrier.nonce - b.carrier.nonce);
    if (!next || next.place !== undefined || lane.gaps.some((gap) => gap < next.carrier.nonce)) return;
    const { carrier, orderIds } = next;
    lane.open.delete(carrier.nonce);
    for (const orderId of orderIds) {
      const order = this.orders.get(orderId);
      if (!order || order.carrier !== carrier || this.#isInHand(orderId)) continue; // it went on under another nonce
      this.#excused.add(userOf(order.request));
      this.#tell(
        orderId,
        how === "displaced" ? { kind: "unconfirm", reason: "nonce-taken", carrier } : { kind: "fail", carrier, reason: "reverted" },
      );
    }
  }

  /** The compensation queue drives the oldest failed order again. */
  driveAgain(): void {
    const failed = [...this.orders.values()].find(({ kind }) => kind === "failed");
    if (failed) this.#tell(failed.request.orderId, { kind: "compensate", reason: "again" });
  }

  duty(n: number, duty: ModelLane["duty"]): void {
    this.#lane(n).duty = duty;
  }

  reroute(): void {
    for (const lane of this.#lanes) this.dispatcher.reroute(lane, this.#now);
  }

  /** All goes well from here on, until everything is final; then nothing is lost, doubled or out of order. */
  finish(): void {
    for (const n of this.#lanes.keys()) this.duty(n, "open");
    const isOpen = () => [...this.orders.values()].some(({ kind }) => !isClosed(kind));
    for (let rounds = 0; isOpen(); rounds++) {
      if (rounds > 4 * this.#accepted.length + 20) expect.fail(`never minted: ${this.#left()}`);
      this.driveAgain();
      this.redeem();
      for (const [orderId, block] of this.#copies) this.#tell(orderId, { kind: "deepen", blockHash: idOf(block), head: block + 31 });
      this.reroute();
      for (const [n, lane] of this.#lanes.entries()) {
        this.assign(n);
        if (lane.gaps.length > 0) this.take(n, true);
        this.assign(n);
        lane.gaps = []; // by a no-op where no order came along
        this.take(n, false);
        this.assign(n);
        for (let i = lane.open.size; i > 0; i--) this.mine(n);
        for (let i = lane.open.size; i > 0; i--) this.settle(n);
      }
      this.pass(30);
    }
    for (const lane of this.#lanes) expect(this.dispatcher.take(lane, this.#now, this.#second)).to.deep.equal([]);
    expect(this.dispatcher.waiting, "left in a line").to.equal(0);
    this.#minedInOrder();
  }

  #left(): string {
    return [...this.orders.values()]
      .flatMap(({ kind, request }) => (isClosed(kind) ? [] : `${Number(request.orderId)} ${kind}`))
      .join(", ");
  }

  #minedInOrder(): void {
    const last = new Map<string, number>();
    for (const orderId of this.#accepted) {
      const order = this.orders.get(orderId);
      const place = this.#mints.get(orderId);
      if (!order || order.kind === "rejected") continue;
      expect(place, `order ${Number(orderId)} is final and minted`).to.be.a("number");
      const user = userOf(order.request);
      if (!this.#excused.has(user)) expect(place, `${user} minted out of order`).to.be.at.least(last.get(user) ?? 0);
      last.set(user, place ?? 0);
    }
  }

  #tell(orderId: string, ...commands: readonly OrderCommand[]): void {
    for (const command of commands) {
      for (const event of decide(command, this.orders.get(orderId), orderId)) {
        const order = evolve(this.orders.get(orderId), event, orderId, 0);
        this.orders.set(orderId, order);
        this.dispatcher.follow(order, this.#now);
      }
    }
  }
}

const openOnly = (order: Order | undefined): Order | undefined => (order && isClosed(order.kind) ? undefined : order);
