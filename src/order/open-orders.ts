import type { Position } from "../store/event-store.ts";
import { isWithHolder, type Order } from "./order.ts";
import { isClosed } from "./transitions.ts";

export interface OpenOrder {
  readonly order: Order;
  /** Global position of its first event. */
  readonly position: Position;
}

/**
 * The open orders in memory, oldest first, and how many of them wait for whom: those that the service mints go on by
 * themselves, those whose vouchers are with their holders may stay for ever. So each kind has a bound of its own, and
 * vouchers that nobody redeems never keep the service from minting.
 */
export class OpenOrders {
  readonly #entries = new Map<string, OpenOrder>();
  #issued = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** How many of them are with their holders. */
  get issued(): number {
    return this.#issued;
  }

  /** How many of them the service mints. */
  get own(): number {
    return this.#entries.size - this.#issued;
  }

  get(orderId: string): OpenOrder | undefined {
    return this.#entries.get(orderId);
  }

  values(): IterableIterator<OpenOrder> {
    return this.#entries.values();
  }

  /** Keeps an order as it is now, in its old place; one that is closed is taken out. */
  put(entry: OpenOrder): void {
    const { order } = entry;
    const { orderId } = order.request;
    const before = this.#entries.get(orderId);
    if (before && isWithHolder(before.order)) this.#issued--;
    if (isClosed(order.kind)) {
      this.#entries.delete(orderId);
      return;
    }
    this.#entries.set(orderId, entry);
    if (isWithHolder(order)) this.#issued++;
  }
}
