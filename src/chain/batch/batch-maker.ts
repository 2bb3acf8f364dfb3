import { allows, type DrawnNumbers, type Order, type OrderBook, type Told } from "../../order/index.ts";
import type { DigestSigner, VoucherDomain } from "../../voucher/index.ts";
import type { Fees } from "../fees/fees.ts";
import type { LaneWork } from "../lane/lane.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { MintGas } from "./mint-gas.ts";
import type { PositionCheck } from "./position-check.ts";
import { type RedemptionBatch, redemptionBatch } from "./redemption-batch.ts";
import { BatchReverts, simulate, type Simulation } from "./simulation.ts";

export interface BatchMakerParts {
  readonly book: OrderBook;
  readonly rpc: Rpc;
  /** Dense voucher numbers, durable as leased; those of one lane lie together, so that a batch touches few storage slots. */
  readonly numbers: { reserve(count: number, lane: string): Promise<readonly bigint[]> };
  /** Shared with whoever else signs vouchers for open orders. */
  readonly drawn: DrawnNumbers;
  readonly signer: DigestSigner;
  readonly domain: VoucherDomain;
  readonly gas: MintGas;
  /** Where cast tokens are minted: looks at each batch before it is sent, since what stops a mint lies in each position. */
  readonly positions?: PositionCheck;
}

/** Who sends the batch, under which head, at which price. */
export interface BatchSetting {
  /** Address of the lane. */
  readonly from: string;
  readonly head: string | undefined;
  readonly fees: Fees;
}

/** An order to be minted, and the second that its voucher is to be bound to. */
export interface Taken {
  readonly order: Order;
  readonly second: number;
}

type Refused = Extract<Simulation, { readonly kind: "item refused" }>;

/** Makes transactions of orders: numbers, signatures, simulation, and the search for an item that spoils its batch. */
export class BatchMaker {
  readonly #parts: BatchMakerParts;
  /** The newest head under which a batch was simulated, and what that said. */
  #simulated: { readonly head: string; readonly verdict: Promise<Simulation> } | undefined;

  constructor(parts: BatchMakerParts) {
    this.#parts = parts;
  }

  /**
   * The transactions that mint these orders: one, or several where an item had to be left out. An item that the contract
   * refuses is rejected here, with its error decoded, or kept by `Refusals` where a voucher of it is out; it is never the reason
   * why another waits.
   * @throws BatchReverts where the fault is not an item's; RpcUnanswered, RpcRefused
   */
  async make(taken: readonly Taken[], setting: BatchSetting): Promise<LaneWork[]> {
    const orders = await this.#numbered(taken, setting.from);
    if (this.#parts.positions) return this.#onPositions(this.#parts.positions, orders, setting);
    return this.#works(
      orders,
      setting,
      orders.some(({ kind }) => kind === "compensating"),
    );
  }

  async #works(orders: readonly Order[], setting: BatchSetting, suspicious: boolean): Promise<LaneWork[]> {
    const { book, domain, signer, gas } = this.#parts;
    if (orders.length === 0) return [];
    const batch = await redemptionBatch(orders, { domain, signer, gas });
    const verdict = await this.#simulate(batch, setting, suspicious);
    if (verdict.kind === "mints") return [this.#work(batch, setting)];
    const [only] = orders;
    if (orders.length === 1 && only) {
      // Bytes of an order that was on its way may still be mined, so it cannot be refused any more.
      if (!allows(only.kind, "rejected")) throw new BatchReverts(verdict.reason);
      await book.execute([this.#refused(only, verdict)]);
      return [];
    }
    const half = Math.ceil(orders.length / 2);
    const first = await this.#works(orders.slice(0, half), setting, true);
    return [...first, ...(await this.#works(orders.slice(half), setting, true))];
  }

  async #onPositions(check: PositionCheck, orders: readonly Order[], setting: BatchSetting): Promise<LaneWork[]> {
    const { batches, refused } = await check.judge(orders, setting);
    if (refused.length > 0) await this.#parts.book.execute(refused.map(({ order, ...why }) => this.#refused(order, why)));
    return batches.map((batch) => this.#work(batch, setting));
  }

  #work({ orders, data, gasLimit, authorised }: RedemptionBatch, { fees }: BatchSetting): LaneWork {
    const orderIds = orders.map(({ request }) => request.orderId);
    return { orderIds, to: this.#parts.domain.verifyingContract, data, gasLimit, fees, before: authorised };
  }

  /** One that was tried before has a voucher in public calldata: it is rejected later, when that can be redeemed no more. */
  #refused({ request: { orderId }, carrier, voucher }: Order, { code, reason }: Omit<Refused, "kind">): Told {
    if (!carrier) return { orderId, command: { kind: "reject", code, reason } };
    const refusal = { code, ...(voucher && { second: voucher.second }) };
    return { orderId, command: { kind: "fail", carrier, reason, refusal } };
  }

  /**
   * The first batch under each head is simulated: whatever would make batches revert (a signer revoked, a limit changed)
   * shows there. A batch under suspicion (of orders that failed before, or a half of one that would revert) is always.
   */
  async #simulate(batch: { data: string; gasLimit: number }, { from, head }: BatchSetting, suspicious: boolean): Promise<Simulation> {
    if (!suspicious && head !== undefined && (await this.#mintsUnder(head))) return { kind: "mints" };
    const verdict = simulate(this.#parts.rpc, from, this.#parts.domain.verifyingContract, batch);
    if (head !== undefined && !suspicious) this.#simulated = { head, verdict };
    return verdict;
  }

  /** Whether a batch of any lane was seen to mint under this head; waits for one that is being simulated. */
  async #mintsUnder(head: string): Promise<boolean> {
    if (this.#simulated?.head !== head) return false;
    const verdict = await this.#simulated.verdict.catch(() => undefined); // heard by whoever simulates it
    return verdict?.kind === "mints";
  }

  /**
   * The orders with the voucher numbers they keep for life; fresh ones for those that have none.
   *
   * Race: a batch is simulated, so that an endpoint has seen its signed vouchers, and then not recorded; under other numbers
   * the orders could be minted twice by whoever kept the first ones. Mitigation: a number that was drawn for an order stays
   * its own until the order is authorised, also for the issuer of its voucher; and one whose voucher was issued since it was
   * taken is left out. What remains: a process that dies in between, and an endpoint that redeems what it was shown in a call.
   */
  async #numbered(taken: readonly Taken[], lane: string): Promise<Order[]> {
    const { book, drawn, numbers } = this.#parts;
    const without = taken.filter(({ order }) => !order.voucher && drawn.of(order.request.orderId) === undefined);
    const fresh = (without.length > 0 ? await numbers.reserve(without.length, lane) : []).values();
    const isIssued = (orderId: string) => book.get(orderId)?.kind === "authorised";
    for (const { order } of without) {
      if (!isIssued(order.request.orderId)) drawn.claim(order.request.orderId, String(fresh.next().value));
    }
    const left = taken.filter(({ order }) => !isIssued(order.request.orderId));
    return left.map(({ order, second }) => {
      const { orderId } = order.request;
      if (order.voucher) drawn.forget(orderId);
      return { ...order, voucher: { number: order.voucher?.number ?? drawn.of(orderId) ?? "", second } };
    });
  }

  /** The order needs its number in memory no more: it is recorded, or the order is closed. */
  forget(orderId: string): void {
    this.#parts.drawn.forget(orderId);
    this.#parts.positions?.forget(orderId);
  }
}
