import { type Carrier, type CarrierNonce, type Inclusion, isCarriedBy, type Order, type Told } from "../../order/index.ts";
import { decodeMinted, decodeSkipped, MINTED_TOPIC, type SkipReason, VOUCHER_SKIPPED_TOPIC } from "../../voucher/index.ts";
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
 * What the minter's skip as refused says. `final`: a receiver's own refusal, who would refuse again. `doubt`: of cast tokens
 * the contract tells no cause, and most pass (a price that became too old on the way, a ceiling that was full); the order is
 * driven again, and the simulation before the next try says whether there is a cause that lies in it.
 */
export type SkipMeaning = "final" | "doubt";

/**
 * What a transaction that is final means to those of its nonce's orders that it did not mint. A no-op takes them all back.
 * One that reverted fails them all, and they are driven again. A receiver that refused its tokens would refuse them again, but
 * the voucher is public now, and may still mint where the receiver takes them after all: see `Refusals`.
 * @param nonce that the transaction has
 * @param open all attempts of the nonce
 * @param orders of the nonce, as they are
 * @param refusal what it means that the minter skipped an item as refused; see `SkipMeaning`
 */
export function consequencesOf(
  receipt: Receipt,
  nonce: CarrierNonce,
  open: OpenNonce,
  orders: readonly Order[],
  refusal: SkipMeaning = "final",
): Told[] {
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
  const { minted, skipped } = outcomesIn(receipt);
  return left.flatMap((order): Told[] => {
    const { orderId } = order.request;
    const inclusion = minted.get(orderId);
    if (inclusion) return [{ orderId, command: { kind: "include", inclusion } }]; // its log was overlooked in the block
    switch (skipped.get(order.voucher?.number ?? "")) {
      case "ReceiverRefused":
        return refused(orderId, carrier, refusal);
      case "AlreadyRedeemed":
        return []; // by whom, confirmations find out
      case "Expired":
        return [{ orderId, command: { kind: "unconfirm", reason: "skipped-expired", carrier } }];
      case undefined: // nothing says what became of it: another transaction finds out, under the same number
        return [{ orderId, command: { kind: "unconfirm", reason: "nonce-taken", carrier } }];
    }
  });
}

function refused(orderId: string, carrier: Carrier, meaning: SkipMeaning): Told[] {
  const command = { kind: "fail", carrier } as const;
  return meaning === "final"
    ? [{ orderId, command: { ...command, reason: "the receiver refused the tokens", refusal: { code: "RECIPIENT_REFUSES" } } }]
    : [{ orderId, command: { ...command, reason: "the contract skipped it: price, position or allowance did not let it mint then" } }];
}

/** Another transaction of the nonce is final: what still waits for it has to find another one. */
export function takenBack(carrier: CarrierNonce, orders: readonly Order[]): Told[] {
  return orders
    .filter((order) => isCarriedBy(order, carrier))
    .map(({ request }) => ({ orderId: request.orderId, command: { kind: "unconfirm", reason: "nonce-taken", carrier } }));
}

/** What the minter's own logs say of each order or voucher number; a receiver that is a contract may write any others. */
function outcomesIn({ logs, to, blockNumber, blockHash, transactionHash }: Receipt) {
  const own = logs.filter(({ address }) => address.toLowerCase() === to?.toLowerCase());
  const minted = new Map<string, Inclusion>();
  const skipped = new Map<string, SkipReason>();
  for (const log of own) {
    if (log.topics[0] === MINTED_TOPIC) {
      const { orderId, firstTokenId } = decodeMinted(log);
      minted.set(orderId, { block: Number(blockNumber), blockHash, txHash: transactionHash, firstTokenId: firstTokenId.toString() });
    } else if (log.topics[0] === VOUCHER_SKIPPED_TOPIC) {
      const { txCount, reason } = decodeSkipped(log);
      skipped.set(txCount.toString(), reason);
    }
  }
  return { minted, skipped };
}
