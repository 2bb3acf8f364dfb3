/**
 * Voucher numbers of orders that have none recorded yet: the first one that is claimed for an order is the order's, for
 * whoever signs for it in this process. Without it two of them could sign under two numbers, and whoever has seen both
 * vouchers could redeem both.
 */
export class DrawnNumbers {
  readonly #drawn = new Map<string, string>();

  /** The order's number, if one was claimed. */
  of(orderId: string): string | undefined {
    return this.#drawn.get(orderId);
  }

  /** Claims a fresh number for the order. Returns the one that it has from now on, which is another one where it had one. */
  claim(orderId: string, fresh: string): string {
    const stands = this.#drawn.get(orderId) ?? fresh;
    this.#drawn.set(orderId, stands);
    return stands;
  }

  /** The order needs its number in memory no more: it is recorded, or the order is closed. */
  forget(orderId: string): void {
    this.#drawn.delete(orderId);
  }
}
