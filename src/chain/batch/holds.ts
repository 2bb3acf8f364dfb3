import type { Order } from "../../order/index.ts";

/** A cause that holds orders of a collateral back. */
interface CollateralHold {
  /** Block by whose state it was seen: with another head it is looked at anew. */
  readonly head: string | undefined;
  /** Orders of at least this quantity are held. */
  readonly atLeast: number;
  readonly code: string;
}

/**
 * Orders that are not tried now: they keep their place in line. In memory alone, and for one head, since each cause is found
 * anew by a simulation; what is kept longer is which causes were told.
 */
export class Holds {
  readonly #head: () => string | undefined;
  /** By digest of the collateral's name. */
  readonly #collaterals = new Map<string, CollateralHold>();
  /** By order, the head under which it is held. */
  readonly #orders = new Map<string, string | undefined>();

  /** @param head hash of the newest block that is known */
  constructor(head: () => string | undefined) {
    this.#head = head;
  }

  /** Holds all orders of the order's collateral, of at least `atLeast`, under this head. Returns whether the cause is news. */
  holdCollateral({ request: { uriDigest } }: Order, hold: CollateralHold): boolean {
    const before = this.#collaterals.get(uriDigest);
    const isWider = before?.head === hold.head && before !== undefined && before.atLeast < hold.atLeast;
    this.#collaterals.set(uriDigest, isWider ? { ...hold, atLeast: before.atLeast } : hold);
    return before?.code !== hold.code;
  }

  /** Holds one order under this head. Returns whether it was not held before. */
  holdOrder({ request: { orderId } }: Order, head: string | undefined): boolean {
    const isNews = !this.#orders.has(orderId);
    this.#orders.set(orderId, head);
    return isNews;
  }

  /** Whether the order is not to be tried under this head, by default the newest. */
  isHeld({ request: { orderId, uriDigest, quantity } }: Order, head = this.#head()): boolean {
    const collateral = this.#collaterals.get(uriDigest);
    if (collateral && collateral.head === head && quantity >= collateral.atLeast) return true;
    return this.#orders.has(orderId) && this.#orders.get(orderId) === head;
  }

  /** These mint by the state under this head: what held their like before is over, and is news when it comes again. */
  passed(orders: readonly Order[], head: string | undefined): void {
    for (const { request } of orders) {
      const hold = this.#collaterals.get(request.uriDigest);
      if (hold && hold.head !== head && request.quantity >= hold.atLeast) this.#collaterals.delete(request.uriDigest);
      this.forget(request.orderId);
    }
  }

  forget(orderId: string): void {
    this.#orders.delete(orderId);
  }
}
