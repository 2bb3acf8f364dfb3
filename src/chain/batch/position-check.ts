import { allows, type Order, userOf } from "../../order/index.ts";
import type { DigestSigner, VoucherDomain } from "../../voucher/index.ts";
import { type Rpc, type RpcCall, type RpcOutcome, toQuantity } from "../rpc/rpc.ts";
import type { DebtRooms, Room } from "./debt-room.ts";
import { DebtCeilingReached, MintHeldBack } from "./held-errors.ts";
import type { Holds } from "./holds.ts";
import type { MintGas } from "./mint-gas.ts";
import { type PositionVerdict, verdictOf } from "./position-verdicts.ts";
import { type RedemptionBatch, redemptionBatch } from "./redemption-batch.ts";
import { revertOf } from "./simulation.ts";

export interface PositionCheckParts {
  readonly rpc: Rpc;
  readonly signer: DigestSigner;
  readonly domain: VoucherDomain;
  readonly gas: MintGas;
  readonly holds: Holds;
  readonly rooms: DebtRooms;
  /** Hears, once, why orders wait. */
  readonly onTrouble: (error: unknown) => void;
}

/** What became of orders; those that are in neither wait. */
export interface Judged {
  /** Each is one transaction. */
  readonly batches: readonly RedemptionBatch[];
  readonly refused: readonly Refused[];
}

interface Refused {
  readonly order: Order;
  readonly code: string;
  readonly reason: string;
}

/** Who would send, and the block by whose state it is judged. */
export interface JudgedUnder {
  /** Address of the lane. */
  readonly from: string;
  readonly head: string | undefined;
}

type Failing = Exclude<PositionVerdict, { readonly kind: "mints" }>;

/** Calls in one request. */
const mostCalls = 100;
/** Orders of a batch that fail only in the others' company: so many are searched for, then what is before the next is sent. */
const mostInCompany = 3;

/**
 * Says of orders for cast tokens which mint together now, which are refused and which wait, before gas is paid for them.
 *
 * The contract leaves out what fails, whatever the cause, so the batch is run in the mode that reverts instead. Where it
 * does, all its items are run by themselves in one request: whatever fails alone fails in any company, save a debt below
 * the floor, which an earlier order of the account may lift. What is left is run together again.
 *
 * Race: until a batch is mined, the chain changes: an owner takes his allowance back, a price becomes too old, others fill the
 * ceiling. Mitigation: the contract skips such an item, with its number unused; once that is final the order is driven again
 * and is judged here. What remains: the gas of the item that was skipped, once in 32 blocks.
 */
export class PositionCheck {
  readonly #parts: PositionCheckParts;

  constructor(parts: PositionCheckParts) {
    this.#parts = parts;
  }

  /**
   * @param orders with their vouchers, of users who have nothing on its way
   * @throws BatchReverts where the fault is not an item's; RpcUnanswered, RpcRefused where the node gave no verdict
   */
  async judge(orders: readonly Order[], under: JudgedUnder): Promise<Judged> {
    const left = await this.#belowCeiling(this.#notHeld(orders, under), under);
    if (left.length === 0) return { batches: [], refused: [] };
    const whole = await this.#together(left, under);
    if (whole.verdict.kind === "mints") return { batches: [whole.batch], refused: [] };
    if (isOfAll(whole.verdict, left)) {
      this.#hold(left[0], whole.verdict, under);
      return { batches: [], refused: [] };
    }
    return this.#apart(left, under);
  }

  /** The order is closed or in its holder's hands. */
  forget(orderId: string): void {
    this.#parts.holds.forget(orderId);
  }

  async #apart(orders: readonly Order[], under: JudgedUnder): Promise<Judged> {
    const refused: Refused[] = [];
    const used: Order[] = [];
    const before = new Set<string>();
    for (const [i, verdict] of (await this.#alone(orders, under)).entries()) {
      const order = orders[i];
      if (!order) continue;
      const user = userOf(order.request);
      const mayPass = verdict.kind === "mints" || (verdict.kind === "refused" && verdict.mayPass && before.has(user));
      if (mayPass) before.add(user);
      else if (verdict.kind === "used") used.push(order);
      else if (verdict.kind === "refused" && isRefusable(order)) refused.push({ order, ...verdict });
      else this.#hold(order, verdict, under);
    }
    const gone = new Set([...used, ...refused.map(({ order }) => order)]);
    const left = this.#notHeld(
      orders.filter((order) => !gone.has(order)),
      under,
    );
    const together = await this.#inCompany(left, under);
    // Sent although nothing is minted: the contract's log says by which block the number was used.
    const batches = used.length > 0 ? [...together, await redemptionBatch(used, this.#parts)] : together;
    return { batches, refused };
  }

  /** The batch of those that mint together. What fails behind others of the batch is left out, and judged when they are mined. */
  async #inCompany(orders: readonly Order[], under: JudgedUnder): Promise<RedemptionBatch[]> {
    let left = orders;
    for (let found = 0; left.length > 0; found++) {
      const whole = await this.#together(left, under);
      if (whole.verdict.kind === "mints") return [whole.batch];
      const { count, batch, verdict } = await this.#longest(left, whole.verdict, under);
      this.#hold(left[count], verdict, under);
      if (found === mostInCompany) return batch ? [batch] : [];
      left = [...left.slice(0, count), ...this.#notHeld(left.slice(count), under)];
    }
    return [];
  }

  /** How many, from the first on, mint together, and why the next one does not. */
  async #longest(orders: readonly Order[], whole: Failing, under: JudgedUnder) {
    let [count, failing, verdict] = [0, orders.length, whole];
    let batch: RedemptionBatch | undefined;
    while (failing - count > 1) {
      const middle = (count + failing) >> 1;
      const tried = await this.#together(orders.slice(0, middle), under);
      if (tried.verdict.kind === "mints") [count, batch] = [middle, tried.batch];
      else [failing, verdict] = [middle, tried.verdict];
    }
    return { count, batch, verdict };
  }

  /** Without those that are held, and what comes behind them of their users. */
  #notHeld(orders: readonly Order[], { head }: JudgedUnder): Order[] {
    const users = new Set<string>();
    return orders.filter((order) => {
      const user = userOf(order.request);
      if (!users.has(user) && !this.#parts.holds.isHeld(order, head)) return true;
      users.add(user);
      return false;
    });
  }

  /** Those that fit below their collateral's ceiling. One that does not waits, as do as large ones and its user's later ones. */
  async #belowCeiling(orders: readonly Order[], under: JudgedUnder): Promise<Order[]> {
    const { holds, rooms } = this.#parts;
    const fitting: Order[] = [];
    const users = new Set<string>();
    for (const order of orders) {
      const quantity = BigInt(order.request.quantity);
      const room = await rooms.of(order.request.uriDigest, under.head);
      const waits = users.has(userOf(order.request)) || (room !== undefined && quantity > room.free);
      if (!waits) {
        if (room) room.free -= quantity;
        fitting.push(order);
        continue;
      }
      users.add(userOf(order.request));
      if (room && quantity > room.whole) this.#hold(order, full(room), under);
      else if (room && quantity > room.free) {
        holds.holdCollateral(order, { head: under.head, atLeast: order.request.quantity, code: "on its way" });
      }
    }
    return fitting;
  }

  #hold(order: Order | undefined, verdict: Failing, { head }: JudgedUnder): void {
    if (!order) return;
    const { holds, onTrouble } = this.#parts;
    if (verdict.kind !== "held") {
      // Behind others of its user, or bound to a second that is over. One that can not be refused as it is, is told of.
      const isNews = holds.holdOrder(order, head);
      if (isNews && verdict.kind === "refused" && !isRefusable(order)) onTrouble(new MintHeldBack(verdict.reason));
      return;
    }
    const { scope, trouble } = verdict;
    const atLeast = scope === "larger" ? order.request.quantity : 0;
    const isNews = scope === "order" ? holds.holdOrder(order, head) : holds.holdCollateral(order, { head, atLeast, code: trouble.code });
    if (isNews) onTrouble(trouble);
  }

  async #together(orders: readonly Order[], under: JudgedUnder): Promise<{ batch: RedemptionBatch; verdict: PositionVerdict }> {
    const batch = await redemptionBatch(orders, this.#parts);
    const [outcome] = await this.#parts.rpc.each<string>([this.#call(batch, under)]);
    const verdict = verdictIn(outcome);
    if (verdict.kind === "mints") this.#parts.holds.passed(orders, under.head);
    return { batch, verdict };
  }

  /** What each does by itself. */
  async #alone(orders: readonly Order[], under: JudgedUnder): Promise<PositionVerdict[]> {
    const verdicts: PositionVerdict[] = [];
    for (let start = 0; start < orders.length; start += mostCalls) {
      const some = orders.slice(start, start + mostCalls);
      const batches = await Promise.all(some.map((order) => redemptionBatch([order], this.#parts)));
      const outcomes = await this.#parts.rpc.each<string>(batches.map((batch) => this.#call(batch, under)));
      verdicts.push(...some.map((_, i) => verdictIn(outcomes[i])));
    }
    return verdicts;
  }

  /** By the block's hash, so that an endpoint that lags behind or is on another fork refuses to answer. */
  #call({ strictData, gasLimit }: RedemptionBatch, { from, head }: JudgedUnder): RpcCall {
    const call = { from, to: this.#parts.domain.verifyingContract, data: strictData(), gas: toQuantity(gasLimit) };
    return { method: "eth_call", params: [call, head === undefined ? "latest" : { blockHash: head }] };
  }
}

/** @throws RpcUnanswered, RpcRefused where it is no verdict */
function verdictIn(outcome: RpcOutcome<string> | undefined): PositionVerdict {
  if (!outcome) throw new TypeError("each call has an outcome");
  return outcome.ok ? { kind: "mints" } : verdictOf(revertOf(outcome.error));
}

/** Whether it may be refused now: one that was tried fails first, and is rejected when its voucher can be redeemed no more. */
const isRefusable = ({ kind, carrier }: Order): boolean => allows(kind, carrier ? "failed" : "rejected");

/** Whether the cause is that of all of them: the moment's, and they are of one collateral. */
const isOfAll = (verdict: Failing, [first, ...others]: readonly Order[]): boolean =>
  verdict.kind === "held" &&
  verdict.scope === "collateral" &&
  others.every(({ request }) => request.uriDigest === first?.request.uriDigest);

const full = ({ collateral, ceiling }: Room): Failing => ({
  ...{ kind: "held", scope: "larger" },
  trouble: new DebtCeilingReached(collateral, ceiling),
});
