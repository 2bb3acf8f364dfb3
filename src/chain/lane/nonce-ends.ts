import type { CarrierNonce, Order, OrderBook } from "../../order/index.ts";
import type { Reach } from "../../write-ahead.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { AccountNonces } from "./account-nonces.ts";
import { latestOf, type OpenNonce, ordersOf } from "./lane-ledger.ts";
import type { LaneRecord } from "./lane-record.ts";
import type { LaneNotice } from "./notices.ts";
import { consequencesOf, type Receipt, settlementOf, type SkipMeaning, takenBack } from "./settlement.ts";
import { takerOf } from "./taker.ts";

export interface NonceEndsParts {
  readonly record: LaneRecord;
  readonly book: OrderBook;
  readonly rpc: Rpc;
  readonly nonces: AccountNonces;
  readonly notify: (notice: LaneNotice) => void;
  readonly reach: Reach;
  /** What it means that the minter skipped an order as refused; by default `final`. */
  readonly refusal?: SkipMeaning;
}

/** Nonces that are closed in one append: each may carry hundreds of orders. */
const mostClosedAtOnce = 16;

/** How nonces of a lane end: one of our attempts is final, or another transaction has the nonce for good. */
export class NonceEnds {
  readonly #parts: NonceEndsParts;

  constructor(parts: NonceEndsParts) {
    this.#parts = parts;
  }

  /**
   * Closes nonces mined at or below `block`, which is final, and tells their orders what follows, in one append: a nonce that
   * was closed alone would leave its orders to nobody. Returns how many were closed; a call closes a few, none means no more.
   */
  async settle(block: number): Promise<number> {
    const { record, reach } = this.#parts;
    const settled = await this.#finalUpTo(block);
    if (settled.length === 0) return 0;
    reach("settlement:seen");
    await record.inTurn(() =>
      record.append(
        settled.map(({ receipt, open }) => ({ kind: "settled", data: settlementOf(receipt, open.nonce) })),
        settled.flatMap(({ receipt, open }) =>
          consequencesOf(receipt, this.#nonceOf(open), open, this.#ordersOf(open), this.#parts.refusal),
        ),
      ),
    );
    reach("settlement:recorded");
    for (const { receipt, open } of settled) this.#tell(receipt, open);
    await this.#saveSnapshot();
    return settled.length;
  }

  /** The receipt of whichever attempt of the nonce was mined; null where the node has none, which is doubt. */
  async receiptOf(open: OpenNonce): Promise<Receipt | null> {
    for (const { hash } of open.attempts.toReversed()) {
      // One at a time: a receipt of a batch holds hundreds of logs, and parsing must not hold up the event loop.
      const receipt = await this.#parts.rpc.request<Receipt | null>("eth_getTransactionReceipt", [hash]);
      if (receipt !== null) return receipt;
    }
    return null;
  }

  /**
   * Closes a nonce that another transaction took for good, and takes its orders back in the same append: only then may
   * they go elsewhere (law 2).
   *
   * Race: a node that has lost or not yet indexed the receipt of ours looks as if another transaction had the nonce.
   * Mitigation: the final blocks themselves are read for the transaction that has it. What remains: a nonce that was taken
   * more than 32 final blocks ago, while nobody looked, is believed by count and missing receipts alone; the voucher's bit
   * stops a second mint in any case.
   */
  async displaced(open: OpenNonce, finalBlock: number): Promise<void> {
    const { record, nonces, rpc, notify } = this.#parts;
    const { address } = record;
    const { nonce } = open;
    if (finalBlock < 0 || (await nonces.at(address, finalBlock)) <= nonce) return;
    if ((await this.receiptOf(open)) !== null) return; // a receipt that was overlooked before: it is ours after all
    const taker = await takerOf(rpc, address, nonce, finalBlock);
    if (taker !== undefined && record.attemptOf(taker)) return; // ours: its receipt will be found
    await record.inTurn(async () => {
      if (record.minedAt(nonce) || !record.openAt(nonce)) return;
      await record.append(
        [{ kind: "displaced", data: { nonce, hash: latestOf(open).hash } }],
        takenBack(this.#nonceOf(open), this.#ordersOf(open)),
      );
      notify({ kind: "displaced", lane: address, nonce });
    });
  }

  /** Nonces mined at or below `block` whose receipt is that of the block they were seen in; others are asked for again later. */
  async #finalUpTo(block: number): Promise<{ readonly receipt: Receipt; readonly open: OpenNonce }[]> {
    const { record } = this.#parts;
    const found: { readonly receipt: Receipt; readonly open: OpenNonce }[] = [];
    for (const nonce of record.minedUpTo(block).slice(0, mostClosedAtOnce)) {
      const open = record.openAt(nonce);
      const receipt = open && (await this.receiptOf(open));
      // Asked for after the receipt: a reorg may have come meanwhile.
      if (open && receipt && receipt.blockHash === record.minedAt(nonce)?.blockHash) found.push({ receipt, open });
    }
    return found;
  }

  #tell(receipt: Receipt, open: OpenNonce): void {
    const { notify, record } = this.#parts;
    notify({ kind: "settled", lane: record.address, settlement: settlementOf(receipt, open.nonce), orders: ordersOf(open).length });
  }

  /** Where it is time. One that fails costs the next start time, and nothing else. */
  async #saveSnapshot(): Promise<void> {
    const { record, notify } = this.#parts;
    await record.saveSnapshot().catch((error: unknown) => {
      notify({ kind: "snapshot failed", lane: record.address, error });
    });
  }

  #nonceOf({ nonce }: OpenNonce): CarrierNonce {
    return { lane: this.#parts.record.address, nonce };
  }

  #ordersOf(open: OpenNonce): Order[] {
    return ordersOf(open).flatMap((orderId) => this.#parts.book.get(orderId) ?? []);
  }
}
