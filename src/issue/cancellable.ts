import { MintdError } from "../error.ts";
import type { Order, OrderBook } from "../order/index.ts";
import { byWord, isHandedOut, type VoucherWord } from "./expired.ts";

/** Numbers that are not cancelled as they were asked for. Nothing was sent. */
export class NotCancellable extends MintdError {
  readonly code = "NOT_CANCELLABLE";
  constructor(what: string, why: string, hint: string) {
    super(`${what}: ${why}`, { hint });
  }
}

const onItsWay = (order: Order): NotCancellable =>
  new NotCancellable(
    `voucher ${order.voucher?.number ?? "-"} of order ${order.request.orderId}`,
    `the order is ${order.kind}: mintd is minting it`,
    "wait until it is final or expired",
  );

/**
 * The vouchers of these orders by word, for `cancel`. Orders that are closed or minted are left out: there is nothing to cancel.
 * @throws NotCancellable where mintd mints one of them itself, or it has no voucher
 */
export function cancellableOrders(orders: readonly Order[]): VoucherWord[] {
  const open = orders.filter(({ kind, inclusion }) => kind !== "final" && kind !== "rejected" && !inclusion);
  for (const order of open) {
    if (!order.voucher) {
      throw new NotCancellable(`order ${order.request.orderId}`, "it has no voucher", "only vouchers that were issued can be cancelled");
    }
    if (!isHandedOut(order)) throw onItsWay(order);
  }
  return byWord(open);
}

/** Whether the order has this very number: what a voucher's file says of an order is its issuer's word, and may be old. */
export const hasNumber = ({ voucher }: Order, number: bigint): boolean => voucher !== undefined && BigInt(voucher.number) === number;

/** The words of several selections, each once. */
export function mergeWords(words: readonly VoucherWord[]): VoucherWord[] {
  return [...Map.groupBy(words, ({ word }) => word)].map(([word, same]) => {
    const orders = new Map(same.flatMap(({ numbers, orderIds }) => numbers.map((number, i) => [number, orderIds[i] ?? ""] as const)));
    const ascending = [...orders].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      word,
      mask: same.reduce((bits, { mask }) => bits | mask, 0n),
      numbers: ascending.map(([number]) => number),
      orderIds: ascending.map(([, orderId]) => orderId),
    };
  });
}

/** A word and mask as an operator gave them. */
export interface AskedWord {
  readonly word: bigint;
  readonly mask: bigint;
  /** The word's bits on chain. */
  readonly used: bigint;
  /** Whether numbers that no order here has are meant, too. */
  readonly foreign: boolean;
  /** Whether this store gives out numbers of this word, now or some day: `OwnWords` knows. */
  readonly isOwn: boolean;
}

/**
 * A word and mask for `cancel`. A number that is used already needs no right; one that no open order here has was issued by
 * somebody else, and is cancelled only where `foreign` says so. In a word that is this store's own it is still to be given out,
 * and is not cancelled at all: the voucher that gets it could never be redeemed.
 * @throws NotCancellable
 */
export function cancellableWord(book: Pick<OrderBook, "open">, { word, mask, used, foreign, isOwn }: AskedWord): VoucherWord {
  const isMeant = (number: bigint) => number >> 8n === word && ((mask >> (number & 0xffn)) & 1n) === 1n;
  const orders = [...book.open()].filter(({ voucher }) => voucher && isMeant(BigInt(voucher.number)));
  const minted = orders.filter(({ inclusion }) => inclusion);
  const carried = orders.find((order) => !order.inclusion && !isHandedOut(order));
  if (carried) throw onItsWay(carried);
  const [own] = byWord(orders.filter(isHandedOut));
  const known = [...(own?.numbers ?? []), ...minted.map(({ voucher }) => BigInt(voucher?.number ?? 0))];
  const unknown = known.reduce((bits, number) => bits & ~(1n << (number & 0xffn)), mask & ~used);
  if (unknown !== 0n && (isOwn || !foreign)) throw unknownNumbers(word, unknown, isOwn);
  return { word, mask, numbers: own?.numbers ?? [], orderIds: own?.orderIds ?? [] };
}

function unknownNumbers(word: bigint, bits: bigint, isOwn: boolean): NotCancellable {
  const what = `bits 0x${bits.toString(16)} of word ${word.toString()}`;
  if (!isOwn) {
    const why = "no voucher that was issued here and is still open has these numbers";
    return new NotCancellable(what, why, "say --foreign to cancel numbers that another store or tool issued");
  }
  const why = "the word is this store's own and no open order has these numbers: a voucher that gets one could never be redeemed";
  return new NotCancellable(
    what,
    why,
    "leave these bits out of the mask; words that nonce:lease gave away can be cancelled with --foreign",
  );
}
