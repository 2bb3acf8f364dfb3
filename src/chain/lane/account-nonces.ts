import type { Clock } from "../../clock.ts";
import { type Rpc, RpcUnanswered, toQuantity } from "../rpc/rpc.ts";

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
    const error = await this.#refresh(addresses, force);
    if (error !== undefined) throw error;
    return addresses.flatMap((address) => this.#cache.get(address) ?? []);
  }

  /**
   * The same as a look that goes on where single answers fail: undefined for those accounts.
   * @throws RpcUnanswered, RpcRefused where there was no answer at all
   */
  async known(addresses: readonly string[], force = false): Promise<(AccountCounts | undefined)[]> {
    if (force) for (const address of addresses) this.#cache.delete(address); // an old count is none
    const error = await this.#refresh(addresses, force);
    const counts = addresses.map((address) => this.#cache.get(address));
    if (error !== undefined && counts.every((each) => each === undefined)) throw error;
    return counts;
  }

  /** Reads what is too old. Returns the first error among the answers. */
  async #refresh(addresses: readonly string[], force: boolean): Promise<Error | undefined> {
    const now = this.#clock.now();
    const stale = addresses.filter((address) => {
      const age = now - (this.#cache.get(address)?.at ?? -Infinity);
      return force || age < 0 || age > ttlMs;
    });
    if (stale.length === 0) return undefined;
    const calls = stale.flatMap((address) =>
      ["latest", "pending"].map((tag) => ({ method: "eth_getTransactionCount", params: [address, tag] })),
    );
    const answers = await this.#rpc.each<string>(calls);
    stale.forEach((address, i) => {
      const [latest, pending] = [answers[2 * i], answers[2 * i + 1]];
      if (latest?.ok === true && pending?.ok === true) {
        this.#cache.set(address, { latest: Number(latest.value), pending: Number(pending.value), at: now });
      }
    });
    return answers.flatMap((answer) => (answer.ok ? [] : answer.error))[0];
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
