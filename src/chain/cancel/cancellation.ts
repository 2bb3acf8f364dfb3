import { MintdError } from "../../error.ts";
import type { Clock } from "../../clock.ts";
import { cancelled, type OrderBook, type Told } from "../../order/index.ts";
import type { Finality } from "../confirm/finality.ts";
import type { MintLogReader } from "../confirm/mint-logs.ts";
import { patiently } from "../patience.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { encodeCancel, usedBits } from "./numbers.ts";

/** Numbers of one word that are to be cancelled. */
export interface WordToCancel {
  readonly word: bigint;
  readonly mask: bigint;
  /** Those numbers of the mask that open orders of this store have, and the orders, in the same order. */
  readonly numbers: readonly bigint[];
  readonly orderIds: readonly string[];
}

/** What became of a word, by final blocks. */
export interface CancelledWord extends WordToCancel {
  /** Bits of the mask that a final block shows as cancelled. */
  readonly cancelled: bigint;
  /** Transactions that this run sent for it. */
  readonly sent: readonly string[];
}

export interface CancellationParts {
  readonly rpc: Rpc;
  readonly reader: MintLogReader;
  readonly minter: string;
  readonly deployedAt: number;
  readonly finality: Finality;
  readonly book: Pick<OrderBook, "execute" | "get">;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Sends a transaction to the minter from an account that may cancel; gives its hash. */
  readonly send: (data: string) => Promise<string>;
  /** Hears how far it is. */
  readonly onProgress?: (progress: CancellationProgress) => void;
}

export interface CancellationProgress {
  readonly sent: number;
  /** Blocks until what was seen is final. */
  readonly blocksLeft: number;
}

/** A cancelling transaction reverted. Nothing was cancelled by it, and no order was closed. */
export class CancellationReverted extends MintdError {
  readonly code = "CANCELLATION_REVERTED";
  constructor(word: bigint, txHash: string) {
    super(`transaction ${txHash}, which cancels vouchers of word ${word.toString()}, reverted`, {
      hint: "the account may have lost the right to cancel: look at its roles in the AccessManager, then run the same command again",
    });
  }
}

interface MinedReceipt {
  readonly status: string;
  readonly blockNumber: string;
}

/** Orders told in one append. */
const chunk = 500;

/**
 * Cancels numbers on chain, waits until that is final, and closes the orders whose numbers were cancelled.
 *
 * What is done is read from the chain, never from memory: bits that are set are not sent for again, and orders are closed by
 * the final `VouchersCancelled` logs, whoever caused them. So it may be ended at any point and run again.
 *
 * Race: a holder redeems the voucher in the same moment. Mitigation: the contract decides, for the log names only bits that
 * were unused until then; an order whose bit it does not name is left open, and its mint is found by its own log.
 * Race: a reorg takes the transaction back, or turns the order of the two. Mitigation: nothing is closed but by final blocks.
 * What remains: nothing.
 * @throws CancellationReverted, and what `send` and the endpoint throw
 */
export async function cancelVouchers(words: readonly WordToCancel[], parts: CancellationParts): Promise<CancelledWord[]> {
  const run = new Cancellation(words, parts);
  for (;;) {
    await run.sendMissing();
    await run.waitUntilFinal();
    if (await run.isSettled()) break;
  }
  await run.closeOrders();
  return run.report();
}

class Cancellation {
  readonly #words: readonly WordToCancel[];
  readonly #parts: CancellationParts;
  readonly #sent = new Map<bigint, string[]>();
  /** By final logs. */
  readonly #cancelled = new Map<bigint, { mask: bigint; txHash: string; block: number }[]>();
  #readTo: number;
  /** Height at which every bit was seen to be used. */
  #seenAt = 0;
  #finalBlock = -1;

  constructor(words: readonly WordToCancel[], parts: CancellationParts) {
    this.#words = words;
    this.#parts = parts;
    this.#readTo = parts.deployedAt - 1;
  }

  /** Sends for the bits that are unused now, and waits until all are mined. */
  async sendMissing(): Promise<void> {
    const { rpc, minter, send, clock } = this.#parts;
    const used = await patiently(clock, () =>
      usedBits(
        rpc,
        minter,
        this.#words.map(({ word }) => word),
      ),
    );
    const now: { word: bigint; hash: string }[] = [];
    for (const { word, mask } of this.#words) {
      const missing = mask & ~(used.get(word) ?? 0n);
      if (missing === 0n) continue;
      const hash = await send(encodeCancel(word, missing));
      now.push({ word, hash });
      this.#sent.set(word, [...(this.#sent.get(word) ?? []), hash]);
      this.#tell(0);
    }
    for (const { word, hash } of now) {
      const { status } = await this.#receiptOf(hash);
      if (status !== "0x1") throw new CancellationReverted(word, hash);
    }
    this.#seenAt = await this.#head();
  }

  async waitUntilFinal(): Promise<void> {
    const { finality, clock, pollMs } = this.#parts;
    for (;;) {
      const head = await this.#head();
      this.#finalBlock = await patiently(clock, () => finality.under(head));
      this.#tell(Math.max(0, this.#seenAt - this.#finalBlock));
      if (this.#finalBlock >= this.#seenAt) return;
      await clock.pause(pollMs);
    }
  }

  /** Whether final blocks say of each of our numbers that it was cancelled or minted, and of each other one that it is used. */
  async isSettled(): Promise<boolean> {
    const { reader, deployedAt, rpc, minter, clock } = this.#parts;
    const words = this.#words.map(({ word }) => word);
    for await (const { log, txHash, block } of reader.cancellations(words, this.#readTo + 1, this.#finalBlock)) {
      this.#cancelled.set(log.word, [...(this.#cancelled.get(log.word) ?? []), { mask: log.mask, txHash, block }]);
    }
    this.#readTo = this.#finalBlock;
    for (const each of this.#words) {
      for (const [i, number] of each.numbers.entries()) {
        if (this.#proofOf(number)) continue;
        const mint = await reader.mintOf(each.orderIds[i] ?? "", deployedAt, this.#finalBlock);
        if (!mint) return false; // a reorg took back what was seen: look, and send, again
      }
    }
    const used = await patiently(clock, () => usedBits(rpc, minter, words));
    return this.#words.every(({ word, mask }) => (mask & ~(used.get(word) ?? 0n)) === 0n);
  }

  /** An order that went on its way meanwhile is left to the service, whose confirmations see that its number was cancelled. */
  async closeOrders(): Promise<void> {
    const { book } = this.#parts;
    const told = this.#words.flatMap(({ numbers, orderIds }) =>
      numbers.flatMap((number, i): Told[] => {
        const [proof, orderId = ""] = [this.#proofOf(number), orderIds[i]];
        if (!proof || book.get(orderId)?.kind !== "authorised") return [];
        const reason = `its voucher was cancelled on chain in block ${proof.block} by transaction ${proof.txHash}`;
        return [{ orderId, command: cancelled(reason) }];
      }),
    );
    for (let start = 0; start < told.length; start += chunk) await book.execute(told.slice(start, start + chunk));
  }

  report(): CancelledWord[] {
    return this.#words.map((each) => ({
      ...each,
      cancelled: (this.#cancelled.get(each.word) ?? []).reduce((bits, { mask }) => bits | (mask & each.mask), 0n),
      sent: this.#sent.get(each.word) ?? [],
    }));
  }

  #proofOf(number: bigint): { readonly txHash: string; readonly block: number } | undefined {
    return this.#cancelled.get(number >> 8n)?.find(({ mask }) => ((mask >> (number & 0xffn)) & 1n) === 1n);
  }

  #tell(blocksLeft: number): void {
    const sent = [...this.#sent.values()].reduce((sum, { length }) => sum + length, 0);
    this.#parts.onProgress?.({ sent, blocksLeft });
  }

  async #receiptOf(hash: string): Promise<MinedReceipt> {
    const { rpc, clock, pollMs } = this.#parts;
    for (;;) {
      const receipt = await patiently(clock, () => rpc.request<MinedReceipt | null>("eth_getTransactionReceipt", [hash]));
      if (receipt) return receipt;
      await clock.pause(pollMs);
    }
  }

  async #head(): Promise<number> {
    const { rpc, clock } = this.#parts;
    return Number(await patiently(clock, () => rpc.request<string>("eth_blockNumber", [])));
  }
}
