import type { Order, OrderBook } from "../order/index.ts";
import { hasPassed } from "./window.ts";

/** Vouchers of one word of the on-chain bitmap. */
export interface VoucherWord {
  /** `number >> 8`, the first argument of the contract's `cancel`. */
  readonly word: bigint;
  /** A bit for each of the numbers, the second argument of `cancel`. */
  readonly mask: bigint;
  /** Ascending. */
  readonly numbers: readonly bigint[];
  /** The orders of the numbers, in the same order. */
  readonly orderIds: readonly string[];
}

/** Whether the order's voucher is with its holder alone: it was handed out, and no transaction of ours carries it. */
export const isHandedOut = ({ kind, voucher, carrier, inclusion }: Order): boolean =>
  kind === "authorised" && voucher !== undefined && carrier === undefined && inclusion === undefined;

/**
 * The vouchers that were handed out and can be redeemed no more, by word. Their numbers are unused on chain unless somebody
 * redeemed one in time and its mint was not seen yet. Nothing has to be done about them; cancelling makes sure that no clock
 * or reorg brings them back, and closes their orders.
 * @param nowSecond chain time
 */
export function expiredVouchers(book: Pick<OrderBook, "open">, nowSecond: number): VoucherWord[] {
  return byWord([...book.open()].filter((order) => isHandedOut(order) && hasPassed(order.voucher?.second ?? Infinity, nowSecond)));
}

/** Orders with vouchers, grouped by the word of their number; words and numbers ascend. */
export function byWord(orders: readonly Order[]): VoucherWord[] {
  const numbered = orders
    .flatMap(({ voucher, request }) => (voucher ? { number: BigInt(voucher.number), orderId: request.orderId } : []))
    .sort((a, b) => (a.number < b.number ? -1 : 1));
  return [...Map.groupBy(numbered, ({ number }) => number >> 8n)].map(([word, group]) => ({
    word,
    mask: group.reduce((mask, { number }) => mask | (1n << (number & 0xffn)), 0n),
    numbers: group.map(({ number }) => number),
    orderIds: group.map(({ orderId }) => orderId),
  }));
}
