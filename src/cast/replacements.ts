import { FeeCapReached, type Fees } from "../chain/fees/fees.ts";
import { isReplacementDue } from "../chain/lane/replacement.ts";
import { batch, isRpcError, type Rpc } from "../chain/rpc/rpc.ts";
import type { Clock } from "../clock.ts";
import { DurableClosed, type LaneNonces, NonceNotOpen, type PendingNonce } from "../durable/index.ts";

export interface ReplacementsParts {
  readonly lane: LaneNonces;
  readonly rpc: Rpc;
  /** What a transaction should offer under this head, within the cap. @throws FeeCapReached */
  readonly feesAt: (headHash: string) => Promise<Fees>;
  /** Hashes of which a node said that they pay too little; those that wait no more are taken out. */
  readonly underpriced: Set<string>;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Hears that the market is above the cap. */
  readonly onTooDear: (error: FeeCapReached) => void;
  readonly onTrouble: (error: unknown) => void;
}

interface Head {
  readonly number: number;
  readonly hash: string;
}

/** Blocks between two tries under a cap that is too low; doubled each time. */
const capBackoff = { first: 1, most: 64 };

/**
 * Has an account's transactions keep up with the price of gas: what pays too little is replaced by the same transaction at
 * higher fees, by mintd's own rules for lanes. All of it may be done late, twice or not at all: the chain takes one of a
 * nonce's attempts.
 */
export class Replacements {
  readonly #parts: ReplacementsParts;
  #seen = "";
  /** Lowest nonce that is not mined, and the block under which it became that. */
  #lowest = { nonce: -1, since: 0 };
  /** Block under which an attempt was first seen waiting, by hash. */
  #firstSeen = new Map<string, number>();
  #backoff = capBackoff.first;
  #cappedUntil = 0;

  constructor(parts: ReplacementsParts) {
    this.#parts = parts;
  }

  /** Looks at each new head while anything is not mined, until the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, onTrouble } = this.#parts;
    while (!signal.aborted) {
      try {
        await this.#look();
      } catch (error) {
        if (error instanceof DurableClosed) return;
        onTrouble(error);
        if (!isRpcError(error)) return;
      }
      await clock.pause(pollMs, signal);
    }
  }

  async #look(): Promise<void> {
    const { lane, rpc, feesAt, onTooDear } = this.#parts;
    if (lane.pending().every(({ block }) => block !== undefined)) return;
    const [block, counted] = await batch<unknown>(rpc, [
      { method: "eth_getBlockByNumber", params: ["latest", false] },
      { method: "eth_getTransactionCount", params: [lane.address, "latest"] },
    ]);
    const { number, hash } = block as { number: string; hash: string };
    if (hash === this.#seen) return;
    const head = { number: Number(number), hash };
    // What the chain has passed is mined, if not by us: no fee brings it in.
    const waiting = lane.pending().filter((each) => each.block === undefined && each.nonce >= Number(counted));
    this.#note(waiting, head.number);
    try {
      if (head.number >= this.#cappedUntil && waiting.some((each) => this.#blocksOf(each, head) > 0)) {
        const wanted = await feesAt(hash);
        for (const each of waiting) await this.#replaceIfDue(each, wanted, head);
        this.#backoff = capBackoff.first;
      }
    } catch (error) {
      if (!(error instanceof FeeCapReached)) throw error;
      this.#cappedUntil = head.number + this.#backoff;
      this.#backoff = Math.min(this.#backoff * 2, capBackoff.most);
      onTooDear(error);
    }
    this.#seen = hash;
  }

  #note(waiting: readonly PendingNonce[], head: number): void {
    const lowest = waiting[0]?.nonce ?? -1;
    if (lowest !== this.#lowest.nonce) this.#lowest = { nonce: lowest, since: head };
    this.#firstSeen = new Map(waiting.map((each) => [newestOf(each), this.#firstSeen.get(newestOf(each)) ?? head]));
    for (const hash of this.#parts.underpriced) if (!this.#firstSeen.has(hash)) this.#parts.underpriced.delete(hash);
  }

  /** Since the attempt waits, or since it is the next in line. */
  #blocksOf(pending: PendingNonce, head: Head): number {
    const seen = this.#firstSeen.get(newestOf(pending)) ?? head.number;
    return head.number - (pending.nonce === this.#lowest.nonce ? Math.max(seen, this.#lowest.since) : seen);
  }

  async #replaceIfDue(pending: PendingNonce, wanted: Fees, head: Head): Promise<void> {
    const { lane, underpriced } = this.#parts;
    const { nonce, fees } = pending;
    const [blocks, lowest] = [this.#blocksOf(pending, head), nonce === this.#lowest.nonce];
    if (!isReplacementDue({ fees, wanted, blocks, lowest, refused: underpriced.has(newestOf(pending)) })) return;
    try {
      await lane.replace(nonce, wanted);
    } catch (error) {
      if (!(error instanceof NonceNotOpen)) throw error; // mined meanwhile
    }
  }
}

const newestOf = ({ hashes }: PendingNonce): string => hashes.at(-1) ?? "";
