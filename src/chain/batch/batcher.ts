import type { Order } from "../../order/index.ts";
import { MAX_BATCH } from "../../voucher/index.ts";

export interface BatchLimits {
  /** Orders in a transaction, 1..256. */
  readonly maxItems: number;
  /** Gas of a transaction, at most 2^24 (EIP-7825). */
  readonly maxGas: number;
  /** How long a batch that is not full waits for more. */
  readonly maxWaitMs: number;
}

/**
 * Upper bounds of what redeemBatch costs, from bench/gas.json with a quarter added: a batch, an order of one token to a
 * fresh owner, each further token of a quantity. The batch's part holds what EditionMinter keeps free for a contract that
 * receives tokens (RECEIVER_GAS, 250,000). What is not used is not paid.
 */
const gas = { batch: 400_000, order: 65_000, furtherToken: 2_500 };

/** Gas limit for a batch of these quantities. */
export function batchGas(quantities: Iterable<number>): number {
  let sum = gas.batch;
  for (const quantity of quantities) sum += gas.order + gas.furtherToken * (quantity - 1);
  return sum;
}

/**
 * Orders that wait for a lane, oldest first, and the batches made of them. An order never overtakes an older one of the
 * same user, because none overtakes any; what has to be driven again goes back to the front.
 */
export class Batcher {
  readonly #limits: BatchLimits;
  #waiting: Order[] = [];
  #next = 0;
  #oldestSince: number | undefined;

  constructor(limits: BatchLimits) {
    this.#limits = { ...limits, maxItems: Math.min(limits.maxItems, MAX_BATCH) };
  }

  get size(): number {
    return this.#waiting.length - this.#next;
  }

  add(orders: readonly Order[], now: number): void {
    this.#waiting.push(...orders);
    this.#oldestSince ??= now;
  }

  addFirst(orders: readonly Order[], now: number): void {
    this.#waiting = [...orders, ...this.#waiting.slice(this.#next)];
    this.#next = 0;
    this.#oldestSince ??= now;
  }

  /** Milliseconds until a batch is due: 0 where it is full or has waited enough, undefined where nothing waits. */
  dueIn(now: number): number | undefined {
    if (this.size === 0 || this.#oldestSince === undefined) return undefined;
    if (this.size >= this.#limits.maxItems) return 0;
    return Math.max(0, this.#oldestSince + this.#limits.maxWaitMs - now);
  }

  /** Takes the next batch: as many of the oldest orders as fit, at least one. */
  take(now: number): Order[] {
    let spent = gas.batch;
    let end = this.#next;
    for (; end < this.#waiting.length && end - this.#next < this.#limits.maxItems; end++) {
      const order = this.#waiting[end];
      if (!order) break;
      spent += batchGas([order.request.quantity]) - gas.batch;
      if (spent > this.#limits.maxGas && end > this.#next) break;
    }
    const taken = this.#waiting.slice(this.#next, end);
    this.#next = end;
    this.#oldestSince = this.size > 0 ? now : undefined;
    if (this.#next > 4_096) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return taken;
  }
}
