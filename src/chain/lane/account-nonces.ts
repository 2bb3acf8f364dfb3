import type { Clock } from "../../clock.ts";
import { batch, type Rpc, RpcUnanswered, toQuantity } from "../rpc/rpc.ts";

/** An account's transaction counts as a node tells them. */
export interface AccountCounts {
  /** Transactions in the canonical chain. */
  readonly latest: number;
  /** The same and those that wait in the node's pool without a gap. */
  readonly pending: number;
}

interface Cached extends AccountCounts {
  readonly at: number;
}

const ttlMs = 3_000;
/** Reads after which an endpoint that keeps contradicting itself is not believed. */
const mostReads = 8;

/**
 * Reads `eth_getTransactionCount` of the lanes. A count is a hint, never a counter: nonces come from the ledger (law 3), and
 * nothing is done on the word of one stale answer (law 7).
 */
export class AccountNonces {
  readonly #rpc: Rpc;
  readonly #clock: Clock;
  readonly #cache = new Map<string, Cached>();

  constructor(rpc: Rpc, clock: Clock) {
    this.#rpc = rpc;
    this.#clock = clock;
  }

  /**
   * Counts of several accounts, in the order asked, all in one request. Not older than 3 s; read anew with `force`.
   * @throws RpcUnanswered, RpcRefused
   */
  async counts(addresses: readonly string[], force = false): Promise<AccountCounts[]> {
    const now = this.#clock.now();
    const missing = addresses.filter((address) => {
      const age = now - (this.#cache.get(address)?.at ?? -Infinity);
      return force || age < 0 || age > ttlMs;
    });
    const calls = missing.flatMap((address) =>
      ["latest", "pending"].map((tag) => ({ method: "eth_getTransactionCount", params: [address, tag] })),
    );
    const answers = await batch<string>(this.#rpc, calls);
    missing.forEach((address, i) => {
      this.#cache.set(address, { latest: Number(answers[2 * i]), pending: Number(answers[2 * i + 1]), at: now });
    });
    return addresses.flatMap((address) => this.#cache.get(address) ?? []);
  }

  /**
   * Counts that two reads in a row agree on: what a decision that cannot be taken back may stand on.
   * @throws RpcUnanswered where the reads keep differing, RpcRefused
   */
  async agreed(address: string): Promise<AccountCounts> {
    let [former] = await this.counts([address], true);
    for (let reads = 1; reads < mostReads; reads++) {
      const [again] = await this.counts([address], true);
      if (again && former && again.latest === former.latest && again.pending === former.pending) return again;
      former = again;
    }
    throw new RpcUnanswered("eth_getTransactionCount", "the node", `${mostReads} reads of ${address} did not agree`);
  }

  /** The count at the end of a block; for blocks that are final. */
  async at(address: string, block: number): Promise<number> {
    return Number(await this.#rpc.request<string>("eth_getTransactionCount", [address, toQuantity(block)]));
  }
}
