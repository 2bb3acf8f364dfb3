import type { Clock } from "../clock.ts";
import { allows, type MintRequest, type Order, type OrderBook, type OrderEvent, type RequestOutcome, type Told } from "../order/index.ts";
import type { DigestSigner, VoucherDomain } from "../voucher/index.ts";
import type { Reach } from "../write-ahead.ts";
import type { Batcher } from "./batch/batcher.ts";
import { Bell } from "./bell.ts";
import type { Confirmations } from "./confirm/confirmations.ts";
import { InsufficientFunds, TransactionRefused } from "./errors.ts";
import { FeeCapReached, type Fees, feesFor, type FeeLimits, nextBaseFee } from "./fees/fees.ts";
import type { Lane } from "./lane/lane.ts";
import type { Network } from "./networks.ts";
import { redemptionBatch, type RedemptionBatch } from "./batch/redemption-batch.ts";
import { type Rpc, RpcRefused, RpcUnanswered } from "./rpc/rpc.ts";
import { BatchReverts, simulate, type Simulation } from "./batch/simulation.ts";

export interface MintingParts {
  readonly book: OrderBook;
  readonly batcher: Batcher;
  readonly lane: Lane;
  readonly confirmations: Confirmations;
  readonly rpc: Rpc;
  /** Dense voucher numbers, durable as leased. */
  readonly numbers: { reserve(count: number): Promise<readonly bigint[]> };
  readonly signer: DigestSigner;
  readonly domain: VoucherDomain;
  readonly network: Network;
  readonly feeLimits: FeeLimits;
  readonly clock: Clock;
  /** Hears what goes wrong while minting goes on. */
  readonly onTrouble: (error: unknown) => void;
  readonly reach: Reach;
}

/** Orders that may wait for a lane before more are taken in. */
const mostWaiting = 4_000;

/**
 * The road of an order from accepted to final: batched, signed, sent by the lane, confirmed by the chain. Two loops, one
 * that makes batches and one that looks at the chain; everything they do is recorded before it matters, so either may
 * die at any point and the next start goes on.
 */
export class Minting {
  readonly #parts: MintingParts;
  readonly #bell = new Bell();
  readonly #stop = new AbortController();
  readonly #fatal = Promise.withResolvers<never>();
  /** Open orders that are on their way; an issued voucher that waits for its holder is not. */
  #underway = 0;
  #fees: { readonly head: string | undefined; readonly baseFee: bigint } | undefined;
  /** Head under which a batch was last seen to mint. */
  #simulatedAt: string | undefined;
  #loops: Promise<unknown> = Promise.resolve();
  /** Orders whose transaction reverted for good and that were not driven again yet. */
  readonly #failed = new Set<string>();

  constructor(parts: MintingParts) {
    this.#parts = parts;
    this.#fatal.promise.catch(() => undefined); // heard by whoever waits; an unheard one must not end the process
  }

  /** Brings the orders left by a former run back on their way and starts the loops. */
  async start(): Promise<void> {
    const { book, confirmations, lane, batcher, clock } = this.#parts;
    await confirmations.step();
    await this.#takeBackUncarried();
    for (const order of book.open()) this.#underway += isUnderway(order) ? 1 : 0;
    batcher.add(
      [...book.open()].filter((order) => this.#needsCarrier(order)),
      clock.now(),
    );
    book.listen((order, event, before) => {
      this.#follow(order, event, before);
    });
    for (const order of book.open()) if (order.kind === "failed") this.#failed.add(order.request.orderId);
    await this.#compensateFailed(); // which also brings them to the batcher
    await lane.resume();
    this.#loops = Promise.all([this.#guard(this.#batchLoop()), this.#guard(this.#chainLoop())]);
  }

  /**
   * Orders that should be on their way while the lane knows nothing of their transaction any more: it was closed for good
   * by a run that served another minter. The chain was read up to its head before, so they are not minted.
   */
  async #takeBackUncarried(): Promise<void> {
    const { book, lane } = this.#parts;
    const uncarried = [...book.open()].filter(
      ({ kind, carrier }) =>
        (kind === "assigned" || kind === "broadcast") && carrier !== undefined && lane.attemptOf(carrier.hash) === undefined,
    );
    const told = uncarried.map(({ request }): Told => ({
      orderId: request.orderId,
      command: { kind: "unconfirm", reason: "nonce-taken" },
    }));
    if (told.length > 0) await book.execute(told);
  }

  /**
   * Accepts requests, in pieces where they are more than may be open at once; durable when it resolves. Waits while too
   * many orders are open or unsent.
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
    const { book, batcher, clock } = this.#parts;
    const full = () => book.room < requests.length || batcher.size >= mostWaiting;
    while (full()) await this.#orFatal(this.#bell.next());
    this.#parts.reach("request:received");
    const outcomes = await this.#orFatal(book.request(requests));
    this.#parts.reach("request:accepted");
    batcher.add(
      outcomes.flatMap((outcome) => (outcome.outcome === "accepted" ? outcome.order : [])),
      clock.now(),
    );
    this.#bell.ring();
    return outcomes;
  }

  /** Resolves when every order under way is final or rejected and every attempt is closed. @throws what stopped minting */
  async idle(): Promise<void> {
    while (this.#underway > 0 || this.#parts.lane.state.open.size > 0) await this.#orFatal(this.#bell.next());
  }

  /** Rejects when minting cannot go on; never resolves. */
  get failure(): Promise<never> {
    return this.#fatal.promise;
  }

  /** Called by the lane when it can neither send nor record. */
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

  async #batchLoop(): Promise<void> {
    const { batcher, lane, network, clock } = this.#parts;
    while (!this.#stop.signal.aborted) {
      const due = batcher.dueIn(clock.now());
      const rung = this.#bell.next();
      if (due === undefined || lane.inFlight >= network.laneWindow) await rung;
      else if (due > 0) await Promise.race([rung, clock.pause(due, this.#stop.signal)]);
      else await this.#tryAgainLater(() => this.#mintNext());
    }
  }

  async #chainLoop(): Promise<void> {
    const { confirmations, clock, network } = this.#parts;
    while (!this.#stop.signal.aborted) {
      const changed = await this.#tryAgainLater(() => confirmations.step());
      if (changed) {
        await this.#tryAgainLater(() => this.#compensateFailed());
        this.#bell.ring();
      }
      await clock.pause(network.pollMs, this.#stop.signal);
    }
  }

  /** Doubt and a dear chain are waited out; anything else stops minting. */
  async #tryAgainLater<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const passing = error instanceof RpcUnanswered || error instanceof RpcRefused || error instanceof FeeCapReached;
      if (!passing) throw error;
      this.#parts.onTrouble(error);
      await this.#parts.clock.pause(Math.min(this.#parts.network.blockTimeMs, 1_000), this.#stop.signal);
      return undefined;
    }
  }

  async #mintNext(): Promise<void> {
    const { batcher, clock } = this.#parts;
    const fees = await this.#feesNow();
    const ready = this.#waiting(batcher.take(clock.now()));
    try {
      await this.#mint(ready, fees);
    } catch (error) {
      batcher.addFirst(this.#waiting(ready), clock.now()); // a part of them may be on its way already
      throw error;
    }
  }

  /** The orders as they are now, each once, without those that were minted or got a carrier while they stood in line. */
  #waiting(orders: readonly Order[]): Order[] {
    const ids = new Set(orders.map(({ request }) => request.orderId));
    const now = [...ids].flatMap((orderId) => this.#parts.book.get(orderId) ?? []);
    return now.filter((order) => order.kind === "authorised" || this.#needsCarrier(order));
  }

  /** Fees change with the head and not in between. */
  async #feesNow(): Promise<Fees> {
    const { confirmations, rpc, feeLimits } = this.#parts;
    const head = confirmations.tip?.hash;
    if (this.#fees?.head !== head || head === undefined) this.#fees = { head, baseFee: await nextBaseFee(rpc) };
    return feesFor(this.#fees?.baseFee ?? 0n, feeLimits);
  }

  /**
   * The first batch under each head is simulated: whatever would make batches revert (a signer revoked, a limit changed)
   * is on the chain by then. Simulating each one would double the node's work. What was refused or failed before is always
   * simulated.
   */
  async #simulate(batch: RedemptionBatch, suspicious: boolean): Promise<Simulation> {
    const { rpc, lane, domain, confirmations } = this.#parts;
    const head = confirmations.tip?.hash;
    if (!suspicious && head === this.#simulatedAt) return { kind: "mints" };
    const verdict = await simulate(rpc, lane.address, domain.verifyingContract, batch);
    if (verdict.kind === "mints") this.#simulatedAt = head;
    return verdict;
  }

  async #mint(orders: readonly Order[], fees: Fees, suspicious = orders.some(({ kind }) => kind === "compensating")): Promise<void> {
    const { lane, book, domain, confirmations, signer } = this.#parts;
    if (orders.length === 0) return;
    const second = confirmations.tip?.timestamp ?? 0;
    const numbered = await this.#numbered(orders, second);
    const batch = await redemptionBatch(numbered, second, domain, signer);
    const verdict = await this.#simulate(batch, suspicious);
    if (verdict.kind === "mints") {
      const orderIds = orders.map((order) => order.request.orderId);
      await lane.submit({
        orderIds,
        to: domain.verifyingContract,
        data: batch.data,
        gasLimit: batch.gasLimit,
        fees,
        before: batch.authorised,
      });
      return;
    }
    const [only] = orders;
    if (orders.length === 1 && only) {
      // Bytes of an order that was on its way may still be mined, so it cannot be refused any more.
      if (!allows(only.kind, "rejected")) throw new BatchReverts(verdict.reason);
      await book.execute([{ orderId: only.request.orderId, command: { kind: "reject", code: verdict.code, reason: verdict.reason } }]);
      return;
    }
    const half = Math.ceil(orders.length / 2);
    await this.#mint(numbered.slice(0, half), fees, true);
    await this.#mint(numbered.slice(half), fees, true);
  }

  /** The orders with the voucher numbers they keep for life; fresh ones for those that have none, so far in memory only. */
  async #numbered(orders: readonly Order[], second: number): Promise<Order[]> {
    const fresh = orders.filter((order) => !order.voucher).length;
    const numbers = (fresh > 0 ? await this.#parts.numbers.reserve(fresh) : []).values();
    return orders.map((order) => (order.voucher ? order : { ...order, voucher: { number: String(numbers.next().value), second } }));
  }

  /** Orders of a batch that reverted for good go through the batcher again, which simulates before it sends. */
  async #compensateFailed(): Promise<void> {
    const failed = [...this.#failed];
    const told = failed.map((orderId): Told => ({ orderId, command: { kind: "compensate", reason: "driven again" } }));
    await this.#parts.book.execute(told);
    for (const orderId of failed) this.#failed.delete(orderId);
  }

  /**
   * Whether no transaction carries the order, so that the batcher has to find it one. After a reorg the lane sends its
   * own transaction again; where the mint was somebody else's, there is none.
   */
  #needsCarrier({ kind, reason, carrier }: Order): boolean {
    if (kind === "requested" || kind === "compensating") return true;
    if (kind !== "unconfirmed") return false;
    return reason !== "reorg" || carrier === undefined || this.#parts.lane.attemptOf(carrier.hash) === undefined;
  }

  #follow(order: Order, event: OrderEvent, before: Order | undefined): void {
    this.#underway += Number(isUnderway(order)) - Number(before !== undefined && isUnderway(before));
    if (event.kind === "failed") this.#failed.add(order.request.orderId);
    const again = event.kind === "compensating" || event.kind === "unconfirmed";
    if (again && this.#needsCarrier(order)) this.#parts.batcher.addFirst([order], this.#parts.clock.now());
    if (event.kind === "final" || event.kind === "rejected") this.#bell.ring();
  }
}

/** Errors of a lane that only a person can mend. */
export const needsAPerson = (error: unknown): boolean => error instanceof InsufficientFunds || error instanceof TransactionRefused;

const isUnderway = ({ kind }: Order): boolean => kind !== "final" && kind !== "rejected" && kind !== "authorised";
