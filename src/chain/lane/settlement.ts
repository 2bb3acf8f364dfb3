import { type CarrierNonce, isCarriedBy, type Order, type Told } from "../../order/index.ts";
import { decodeSkipped, VOUCHER_SKIPPED_TOPIC } from "../../voucher/index.ts";
import type { OpenNonce, Settlement } from "./lane-ledger.ts";

/** A receipt as far as a lane needs it. */
export interface Receipt {
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly gasUsed: string;
  readonly status: string;
  /** The minter: lanes send to it alone. */
  readonly to: string | null;
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

export function settlementOf(receipt: Receipt, nonce: number): Settlement {
  return {
    nonce,
    hash: receipt.transactionHash,
    block: Number(receipt.blockNumber),
    gasUsed: Number(receipt.gasUsed),
    succeeded: receipt.status === "0x1",
  };
}

/**
 * What a transaction that is final means to those of its nonce's orders that it did not mint. A no-op takes them all back.
 * One that reverted fails them all, and they are driven again; a receiver that refused its tokens would refuse them again.
 * @param nonce that the transaction has
 * @param open all attempts of the nonce
 * @param orders of the nonce, as they are
 */
export function consequencesOf(receipt: Receipt, nonce: CarrierNonce, open: OpenNonce, orders: readonly Order[]): Told[] {
  const mined = open.attempts.find(({ hash }) => hash === receipt.transactionHash);
  if (mined?.orderIds.length === 0) return takenBack(nonce, orders);
  const carrier = { ...nonce, hash: receipt.transactionHash };
  const left = orders.filter((order) => !order.inclusion && isCarriedBy(order, nonce));
  if (receipt.status !== "0x1") {
    return left.map(({ request }) => ({
      orderId: request.orderId,
      command: { kind: "fail", carrier, reason: "the transaction reverted" },
    }));
  }
  const refused = refusedNumbers(receipt);
  const reason = "the receiver refused its tokens";
  return left
    .filter(({ voucher }) => voucher && refused.has(voucher.number))
    .flatMap(({ request: { orderId } }) => [
      { orderId, command: { kind: "fail", carrier, reason } },
      { orderId, command: { kind: "compensate", reason } },
      { orderId, command: { kind: "reject", code: "RECIPIENT_REFUSES", reason } },
    ]);
}

/** Another transaction of the nonce is final: what still waits for it has to find another one. */
export function takenBack(carrier: CarrierNonce, orders: readonly Order[]): Told[] {
  return orders
    .filter((order) => isCarriedBy(order, carrier))
    .map(({ request }) => ({ orderId: request.orderId, command: { kind: "unconfirm", reason: "nonce-taken", carrier } }));
}

/** By the minter's own logs: a receiver that is a contract may write any others. */
function refusedNumbers({ logs, to }: Receipt): Set<string> {
  const own = logs.filter(({ address, topics }) => address.toLowerCase() === to?.toLowerCase() && topics[0] === VOUCHER_SKIPPED_TOPIC);
  const skips = own.map(decodeSkipped).filter(({ reason }) => reason === "ReceiverRefused");
  return new Set(skips.map(({ txCount }) => txCount.toString()));
}
