import type { PlannedOrder } from "./orders.ts";

/**
 * Those who send orders. Each sends an order when it is due, and again, with the same key and in the same order, to every
 * new service that has not acknowledged it.
 */
export class Users {
  readonly #send: (orders: readonly PlannedOrder[]) => void;
  readonly #waiting = new Map<string, PlannedOrder>();
  readonly #accepted = new Map<string, PlannedOrder>();
  #sends = 0;
  #allAccepted: PromiseWithResolvers<undefined> | undefined;

  /** @param send to the service; may come to nothing */
  constructor(send: (orders: readonly PlannedOrder[]) => void) {
    this.#send = send;
  }

  /** Orders that a service said were accepted. */
  get accepted(): ReadonlyMap<string, PlannedOrder> {
    return this.#accepted;
  }

  /** Orders sent that no service has acknowledged. */
  get waiting(): ReadonlyMap<string, PlannedOrder> {
    return this.#waiting;
  }

  /** Times that an order was sent, each repeat counted. */
  get sends(): number {
    return this.#sends;
  }

  /** These orders are due now. */
  want(orders: readonly PlannedOrder[]): void {
    for (const order of orders) this.#waiting.set(order.key, order);
    this.#sendAll(orders);
  }

  /** A service came up: it is sent all that was not acknowledged, in the order in which it was first wanted. */
  again(): void {
    this.#sendAll([...this.#waiting.values()]);
  }

  acknowledged(keys: readonly string[]): void {
    for (const key of keys) {
      const order = this.#waiting.get(key);
      if (order) this.#accepted.set(key, order);
      this.#waiting.delete(key);
    }
    if (this.#waiting.size === 0) this.#allAccepted?.resolve(undefined);
  }

  /** Resolves when every order that was due so far is accepted. */
  async allAccepted(): Promise<void> {
    if (this.#waiting.size === 0) return;
    this.#allAccepted = Promise.withResolvers();
    await this.#allAccepted.promise;
  }

  #sendAll(orders: readonly PlannedOrder[]): void {
    if (orders.length === 0) return;
    this.#sends += orders.length;
    this.#send(orders);
  }
}
