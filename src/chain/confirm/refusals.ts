import { cancelled, isVoidAfter, levelDepth, type Order, type OrderBook, type OrderCommand } from "../../order/index.ts";
import type { Minted } from "../../voucher/index.ts";
import { usedBits } from "../cancel/numbers.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { Located, MintLogReader } from "./mint-logs.ts";

export interface RefusalsParts {
  readonly book: OrderBook;
  readonly rpc: Rpc;
  readonly reader: MintLogReader;
  readonly minter: string;
  readonly deployedAt: number;
}

/** What the chain is like when refused orders are looked at. All mints up to `head` are known. */
export interface RefusalsLook {
  readonly head: number;
  readonly finalBlock: number;
  /** Timestamp of the final block. */
  readonly finalSecond: number;
}

/** Orders closed in one look; bounds what is asked of the endpoint. */
const mostAtOnce = 500;

/**
 * Open orders that were refused and wait for their end.
 *
 * Race: a refusal leaves the number unused, and the voucher is public calldata: a receiver may refuse, wait until the order is
 * given up, and then redeem it; a new id for the same mint would mint twice. Mitigation: the order is rejected only when a
 * final block is past the window of every voucher it had and its number is unused under a later block, both by the chain's
 * own time. What remains: nothing.
 */
export class Refusals {
  readonly #parts: RefusalsParts;
  /** By order; the final block from which on it is looked at again. */
  readonly #waiting = new Map<string, number>();

  constructor(parts: RefusalsParts) {
    this.#parts = parts;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Hears of an order, as it is now. */
  follow({ kind, refusal, request: { orderId } }: Order): void {
    if (kind !== "failed" || !refusal) this.#waiting.delete(orderId);
    else if (!this.#waiting.has(orderId)) this.#waiting.set(orderId, 0);
  }

  /**
   * Rejects the orders that nobody can mint any more. Returns the mints, if any, of orders that were minted after all.
   * @throws RpcUnanswered, RpcRefused: look again later
   */
  async close({ head, finalBlock, finalSecond }: RefusalsLook): Promise<Located<Minted>[]> {
    const due = this.#due(finalBlock, finalSecond);
    if (due.length === 0) return [];
    const { book, rpc, minter, reader, deployedAt } = this.#parts;
    const words = new Set(due.map(({ voucher }) => BigInt(voucher?.number ?? 0) >> 8n));
    // Under the head by its number, so that an endpoint that lags behind refuses to answer.
    const used = await usedBits(rpc, minter, [...words], head);
    const minted: Located<Minted>[] = [];
    for (const order of due) {
      const { orderId } = order.request;
      const number = BigInt(order.voucher?.number ?? 0);
      const isUnused = (((used.get(number >> 8n) ?? 0n) >> (number & 0xffn)) & 1n) === 0n;
      const mint = isUnused ? undefined : await reader.mintOf(orderId, deployedAt, head);
      if (mint) minted.push(mint);
      else if (!isUnused && (await reader.isCancelled(number, deployedAt, finalBlock))) {
        await book.execute(ending(orderId, cancelled("its voucher's number was cancelled on chain")));
      } else if (isUnused || (await this.#isTaken(number, orderId, finalBlock))) {
        const { refusal, reason = "" } = order;
        await book.execute(ending(orderId, { kind: "reject", code: refusal?.code ?? "", reason, finalSecond }));
      } else this.#waiting.set(orderId, finalBlock + levelDepth.final); // an endpoint that has not all logs: no proof, no end
    }
    return minted;
  }

  /** Whether another order's mint used the number up, by final blocks. */
  async #isTaken(number: bigint, orderId: string, finalBlock: number): Promise<boolean> {
    const taker = await this.#parts.reader.takerOf(number, this.#parts.deployedAt, finalBlock);
    return taker !== undefined && taker !== orderId;
  }

  #due(finalBlock: number, finalSecond: number): Order[] {
    const due: Order[] = [];
    for (const [orderId, from] of this.#waiting) {
      const order = this.#parts.book.get(orderId);
      if (!order || finalBlock < from || !isVoidAfter(order, finalSecond)) continue;
      due.push(order);
      if (due.length === mostAtOnce) break;
    }
    return due;
  }
}

const ending = (orderId: string, last: OrderCommand) => [
  { orderId, command: { kind: "compensate", reason: "nobody can redeem its voucher any more" } as const },
  { orderId, command: last },
];
