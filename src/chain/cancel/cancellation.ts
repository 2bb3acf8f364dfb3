import type { Clock } from "../../clock.ts";
import { cancelled, type OrderBook, type Told } from "../../order/index.ts";
import type { Finality } from "../confirm/finality.ts";
import type { MintLogReader } from "../confirm/mint-logs.ts";
import { patiently } from "../patience.ts";
import { headOf, type Rpc } from "../rpc/rpc.ts";
import { CancellationReverted, CancellationUnproven, type UnprovenWord } from "./errors.ts";
import { fateOf, type SentTransaction } from "./fate.ts";
import { encodeCancel, usedBits } from "./numbers.ts";
import { Proofs, type Wanted } from "./proofs.ts";

/** Numbers of one word that are to be cancelled. */
export interface WordToCancel {
  readonly word: bigint;
  readonly mask: bigint;
  /** Those numbers of the mask that open orders of this store have, and the orders, in the same order. */
  readonly numbers: readonly bigint[];
  readonly orderIds: readonly string[];
}

/** A number that an order here has, and that the mint of another order used up: nobody can redeem its voucher any more. */
export interface TakenNumber {
  readonly number: bigint;
  readonly orderId: string;
  /** The order that was minted with it, by somebody whom this store knows nothing of. */
  readonly takenBy: string;
  readonly block: number;
  readonly txHash: string;
}

/** What became of a word, by final blocks. */
export interface CancelledWord extends WordToCancel {
  /** Bits of the mask that a final block shows as cancelled. */
  readonly cancelled: bigint;
  /** Bits of the mask whose own orders were minted. */
  readonly redeemed: bigint;
  /** Their orders stay as they are: they were neither cancelled nor minted. */
  readonly taken: readonly TakenNumber[];
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
  /** Sends a transaction to the minter from an account that may cancel, under this nonce where one is given. */
  readonly send: (data: string, nonce?: number) => Promise<SentTransaction>;
  /** Hears how far it is. */
  readonly onProgress?: (progress: CancellationProgress) => void;
}

export interface CancellationProgress {
  readonly sent: number;
  /** Blocks until what was seen is final. */
  readonly blocksLeft: number;
}

/** Orders told in one append. */
const chunk = 500;

/** Rounds in a row that prove nothing, after which another one will not either. */
const mostFruitless = 3;

/** How often the bits of a word are sent for in one round. */
const mostSends = 3;

/**
 * Cancels numbers on chain, waits until that is final, and closes the orders whose numbers were cancelled.
 *
 * What is done is read from the chain, never from memory: bits that are set are not sent for again, and orders are closed by
 * the final `VouchersCancelled` logs, whoever caused them, as soon as there are any. So it may be ended at any point and run
 * again.
 *
 * Race: a holder redeems the voucher in the same moment. Mitigation: the contract decides, for the log names only bits that
 * were unused until then; an order whose bit it does not name is left open, and its mint is found by its own log.
 * Race: a reorg takes the transaction back, or turns the order of the two. Mitigation: nothing is closed but by final blocks,
 * and by logs whose block is the chain's.
 * Race: the account sends something else under the nonce, or the pools drop the transaction. Mitigation: it is sent again when
 * that is seen, for bits that are unused still.
 * What remains: a number that another store's order was minted with is neither cancelled nor that of a mint: it is told as taken.
 * @throws CancellationReverted, CancellationUnproven, and what `send` and the endpoint throw; what was proven until then stands
 */
export async function cancelVouchers(words: readonly WordToCancel[], parts: CancellationParts): Promise<CancelledWord[]> {
  const run = new Cancellation(words, parts);
  await run.lookAtFinal(); // what somebody else, or a run that died, has done: it is closed even where nothing can be sent
  for (let fruitless = 0; ;) {
    const open = await run.unproven();
    if (open.length === 0) return run.report();
    if (fruitless >= mostFruitless) throw new CancellationUnproven(open, fruitless);
    await run.sendMissing();
    await run.waitUntilFinal();
    fruitless = (await run.closeProven()) > 0 ? 0 : fruitless + 1;
  }
}

class Cancellation {
  readonly #words: readonly WordToCancel[];
  readonly #parts: CancellationParts;
  readonly #proofs: Proofs;
  readonly #sent = new Map<bigint, string[]>();
  /** Bits of each word that this run sent for. */
  readonly #sentFor = new Map<bigint, bigint>();
  /** Height at which every bit was seen to be used, or waited for in vain. */
  #seenAt = Infinity;
  #finalBlock = -1;

  constructor(words: readonly WordToCancel[], parts: CancellationParts) {
    this.#words = words;
    this.#parts = parts;
    this.#proofs = new Proofs(parts);
  }

  async lookAtFinal(): Promise<void> {
    await this.#readFinalBlock();
    await this.closeProven();
  }

  /** Sends for the bits that are unused now, and waits until it is known what became of that. */
  async sendMissing(): Promise<void> {
    let words = this.#words;
    let highest = 0;
    const nonces = new Map<bigint, number>();
    for (let sends = 0; sends < mostSends && words.length > 0; sends++) {
      const sent = await this.#send(words, nonces);
      nonces.clear();
      const lost: WordToCancel[] = [];
      for (const { word, transaction } of sent) {
        const fate = await fateOf(transaction, () => this.#areUsed(word), this.#parts);
        if (fate.kind === "mined" && !fate.succeeded) throw new CancellationReverted(word.word, transaction.hash);
        if (fate.kind === "mined") highest = Math.max(highest, fate.block);
        if (fate.kind === "dropped") nonces.set(word.word, transaction.nonce);
        if (fate.kind === "dropped" || fate.kind === "displaced") lost.push(word);
      }
      words = lost;
    }
    this.#seenAt = Math.max(highest, await this.#head());
  }

  /** @param nonces of transactions that were dropped: sent under them again, at most one of the two is mined */
  async #send(words: readonly WordToCancel[], nonces: ReadonlyMap<bigint, number>): Promise<Sending[]> {
    const used = await this.#used(words);
    const sent: Sending[] = [];
    for (const each of words) {
      const { word, mask } = each;
      const missing = mask & ~(used.get(word) ?? 0n);
      if (missing === 0n) continue;
      const transaction = await this.#parts.send(encodeCancel(word, missing), nonces.get(word));
      sent.push({ word: each, transaction });
      this.#sent.set(word, [...(this.#sent.get(word) ?? []), transaction.hash]);
      this.#sentFor.set(word, (this.#sentFor.get(word) ?? 0n) | missing);
      this.#tell(0);
    }
    return sent;
  }

  async waitUntilFinal(): Promise<void> {
    const { clock, pollMs } = this.#parts;
    for (;;) {
      await this.#readFinalBlock();
      this.#tell(Math.max(0, this.#seenAt - this.#finalBlock));
      if (this.#finalBlock >= this.#seenAt) return;
      await clock.pause(pollMs);
    }
  }

  /** Looks for what used each number up, by final blocks, and closes the orders of those that were cancelled. Returns how many it proved. */
  async closeProven(): Promise<number> {
    const used = await this.#used(this.#words);
    const wanted = this.#words.flatMap((each) => this.#wantedOf(each).filter(({ number }) => isSet(used.get(each.word) ?? 0n, number)));
    const proven = await this.#proofs.look(wanted, this.#finalBlock);
    await this.#closeOrders();
    return proven;
  }

  /** Numbers that final blocks say nothing of, though they should: ours, those that were sent for, and unused ones. */
  async unproven(): Promise<UnprovenWord[]> {
    const used = await this.#used(this.#words);
    const isFinal = this.#finalBlock >= this.#seenAt;
    return this.#words.flatMap((each) => {
      const isDone = ({ number, needsProof }: Wanted): boolean =>
        this.#proofs.of(number) !== undefined || (!needsProof && isFinal && isSet(used.get(each.word) ?? 0n, number));
      const open = this.#wantedOf(each).filter((one) => !isDone(one));
      return open.length === 0 ? [] : [{ word: each.word, numbers: open.map(({ number }) => number) }];
    });
  }

  /** An order that went on its way meanwhile is left to the service, whose confirmations see that its number was cancelled. */
  async #closeOrders(): Promise<void> {
    const { book } = this.#parts;
    const told = this.#words.flatMap(({ numbers, orderIds }) =>
      numbers.flatMap((number, i): Told[] => {
        const [proof, orderId = ""] = [this.#proofs.of(number), orderIds[i]];
        if (proof?.by !== "cancel" || book.get(orderId)?.kind !== "authorised") return [];
        const reason = `its voucher was cancelled on chain in block ${proof.block} by transaction ${proof.txHash}`;
        return [{ orderId, command: cancelled(reason) }];
      }),
    );
    for (let start = 0; start < told.length; start += chunk) await book.execute(told.slice(start, start + chunk));
  }

  report(): CancelledWord[] {
    return this.#words.map((each) => {
      const proven = this.#wantedOf(each).flatMap(({ number, orderId }) => {
        const proof = this.#proofs.of(number);
        return proof ? [{ number, orderId, proof }] : [];
      });
      let [cancelled, redeemed] = [0n, 0n];
      const taken: TakenNumber[] = [];
      for (const { number, orderId, proof } of proven) {
        const { block, txHash } = proof;
        if (proof.by === "cancel") cancelled |= bitOf(number);
        else if (orderId === undefined || orderId === proof.orderId) redeemed |= bitOf(number);
        else taken.push({ number, orderId, takenBy: proof.orderId, block, txHash });
      }
      return { ...each, cancelled, redeemed, taken, sent: this.#sent.get(each.word) ?? [] };
    });
  }

  #wantedOf({ word, mask, numbers, orderIds }: WordToCancel): Wanted[] {
    const owners = new Map(numbers.map((number, i) => [number, orderIds[i]]));
    const sentFor = this.#sentFor.get(word) ?? 0n;
    return numbersOf(word, mask).map((number) => {
      const orderId = owners.get(number);
      return { number, orderId, needsProof: orderId !== undefined || isSet(sentFor, number) };
    });
  }

  async #readFinalBlock(): Promise<void> {
    const { finality, clock } = this.#parts;
    const head = await this.#head();
    this.#finalBlock = await patiently(clock, () => finality.under(head));
  }

  async #areUsed(word: WordToCancel): Promise<boolean> {
    return (word.mask & ~((await this.#used([word])).get(word.word) ?? 0n)) === 0n;
  }

  /** Under the head by its number: an endpoint that lags behind refuses to answer, and nothing is sent again for what it has not seen. */
  async #used(words: readonly WordToCancel[]): Promise<Map<bigint, bigint>> {
    const { rpc, minter, clock } = this.#parts;
    const head = await this.#head();
    const asked = words.map(({ word }) => word);
    return await patiently(clock, () => usedBits(rpc, minter, asked, head));
  }

  #tell(blocksLeft: number): void {
    const sent = [...this.#sent.values()].reduce((sum, { length }) => sum + length, 0);
    this.#parts.onProgress?.({ sent, blocksLeft });
  }

  async #head(): Promise<number> {
    const { rpc, clock } = this.#parts;
    return patiently(clock, () => headOf(rpc));
  }
}

/** A transaction that is under way, and the word that it is for. */
interface Sending {
  readonly word: WordToCancel;
  readonly transaction: SentTransaction;
}

const bitOf = (number: bigint): bigint => 1n << (number & 0xffn);
const isSet = (bits: bigint, number: bigint): boolean => (bits & bitOf(number)) !== 0n;

/** The numbers of a word that a mask names, ascending. */
const numbersOf = (word: bigint, mask: bigint): bigint[] =>
  Array.from({ length: 256 }, (_, i) => (word << 8n) | BigInt(i)).filter((number) => isSet(mask, number));
