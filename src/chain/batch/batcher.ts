import type { Order } from "../../order/index.ts";
import { MAX_BATCH } from "../../voucher/index.ts";
import { batchGas, type MintGas } from "./mint-gas.ts";

export interface BatchLimits {
  /** Orders in a transaction, 1..256. */
  readonly maxItems: number;
  /** Gas of a transaction, at most 2^24 (EIP-7825). */
  readonly maxGas: number;
  /** How long a batch that is not full waits for more. */
  readonly maxWaitMs: number;
  /** What a mint costs. */
  readonly gas: MintGas;
}

/** An order in line, with its place among all that were ever accepted. */
export interface InLine {
  readonly order: Order;
  readonly acceptedAt: number;
}

/** What to do with an order that is next: take it, leave it in line for later, or strike it off. */
export type Verdict = "take" | "later" | "gone";

/**
 * Orders that wait for a lane, in the order of their acceptance whenever they came back, and the batches made of them. An
 * order never overtakes an older one of the same user: it is the caller's verdict that lets one wait, and then all of its
 * user's wait.
 */
export class Batcher {
  readonly #limits: BatchLimits;
  #line: InLine[] = [];
  /** Those that came since the line was put in order. */
  #added: InLine[] = [];
  #oldestSince: number | undefined;

  constructor(limits: BatchLimits) {
    this.#limits = { ...limits, maxItems: Math.min(limits.maxItems, MAX_BATCH) };
  }

  get size(): number {
    return this.#line.length + this.#added.length;
  }

  add(orders: readonly InLine[], now: number): void {
    if (orders.length === 0) return;
    this.#added.push(...orders);
    this.#oldestSince ??= now;
  }

  /** Milliseconds until a batch is due: 0 where it is full or has waited enough, undefined where nothing waits. */
  dueIn(now: number): number | undefined {
    if (this.size === 0 || this.#oldestSince === undefined) return undefined;
    if (this.size >= this.#limits.maxItems) return 0;
    if (now < this.#oldestSince) this.#oldestSince = now; // the clock was set back
    return Math.max(0, this.#oldestSince + this.#limits.maxWaitMs - now);
  }

  /** Takes the next batch: as many of the oldest orders as fit, at least one of those that may be taken. */
  take(now: number, verdict: (order: Order) => Verdict = () => "take"): Order[] {
    this.#putInOrder();
    const taken: Order[] = [];
    const left: InLine[] = [];
    const { gas, maxGas } = this.#limits;
    let spent = gas.batch;
    let next = 0;
    for (; next < this.#line.length && taken.length < this.#limits.maxItems; next++) {
      const each = this.#line[next];
      if (!each) break;
      const ruling = verdict(each.order);
      if (ruling === "later") left.push(each);
      if (ruling !== "take") continue;
      spent += batchGas([each.order.request.quantity], gas) - gas.batch;
      if (spent > maxGas && taken.length > 0) break;
      taken.push(each.order);
    }
    this.#line = left.length > 0 ? [...left, ...this.#line.slice(next)] : this.#line.slice(next);
    this.#oldestSince = this.size > 0 ? now : undefined;
    return taken;
  }

  /** Takes all out of the line, oldest first. */
  empty(): InLine[] {
    this.#putInOrder();
    const all = this.#line;
    this.#line = [];
    this.#oldestSince = undefined;
    return all;
  }

  #putInOrder(): void {
    if (this.#added.length === 0) return;
    const inOrder = (this.#line.at(-1)?.acceptedAt ?? -1) < (this.#added[0]?.acceptedAt ?? 0);
    this.#line = [...this.#line, ...this.#added];
    if (!inOrder || !isSorted(this.#added)) this.#line.sort((a, b) => a.acceptedAt - b.acceptedAt);
    this.#added = [];
  }
}

const isSorted = (line: readonly InLine[]): boolean => line.every((each, i) => i === 0 || each.acceptedAt > (line[i - 1]?.acceptedAt ?? 0));
