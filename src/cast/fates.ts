import { type Rpc, type RpcRefused, RpcUnanswered, toQuantity } from "../chain/rpc/rpc.ts";
import type { Included } from "../durable/index.ts";
import type { Account, Call, SentCall } from "./account.ts";
import { TransactionReplaced } from "./errors.ts";

/** What became of a transaction, as far as is known. `hash` is of the attempt that was mined. */
export type Fate =
  | { readonly kind: "on its way" }
  /** Nobody knows: something of it could not be read. */
  | { readonly kind: "unreadable"; readonly error: unknown }
  /** A canonical block has it; once it is final, no reorg takes it away. */
  | { readonly kind: "mined"; readonly hash: string; readonly block: number; readonly isFinal: boolean }
  /** A canonical block has it, and it changed nothing. */
  | { readonly kind: "reverted"; readonly hash: string; readonly block: number; readonly isFinal: boolean; readonly error: unknown }
  /** Its nonce is another transaction's for good: it never does anything. */
  | { readonly kind: "gone"; readonly error: unknown };

/** Whom a keeper asks what became of what it sent. */
export interface FateTeller {
  /** By the hashes of first attempts and in their order. What cannot be read is a fate, too. */
  fates(hashes: readonly string[]): Promise<readonly Fate[]>;
  /** Its end was told. */
  heard(hash: string): Promise<void>;
  /** It is final, or never mined: nobody asks after it any more. */
  forget(hash: string): void;
}

/** A transaction that is asked after. */
interface Followed {
  readonly call: SentCall;
  /** Why the attempt of this hash reverted: asked once. */
  reason?: { readonly hash: string; readonly error: Error };
}

/** What the account's record knows of it. */
type Found = Included | { readonly error: TransactionReplaced } | undefined;

/** Hashes that the chain has at some heights, or why one could not be read. */
type Canonical = ReadonlyMap<number, string | RpcRefused | RpcUnanswered>;

/** Sends an account's calls without waiting for them, and says what became of them. */
export class SentCalls implements FateTeller {
  readonly #account: Account;
  /** By the hash of the first attempt. */
  readonly #sent = new Map<string, Followed>();

  constructor(account: Account) {
    this.#account = account;
  }

  /** Returns the hash of the first attempt. @throws as Account.broadcast, and nothing was sent */
  async send(call: Call, what: string): Promise<string> {
    const sent = await this.#account.broadcast(call, what);
    this.#sent.set(sent.hash, { call: sent });
    return sent.hash;
  }

  /**
   * The account's record knows what is mined from its own look at the chain, which may be older than the block that a pass
   * reads: so the blocks are asked for once more, all in one request, and one that is no longer canonical has nothing in it.
   */
  async fates(hashes: readonly string[]): Promise<Fate[]> {
    const found = await Promise.all(hashes.map((hash) => this.#found(hash)));
    const blocks = found.flatMap((each) => (each !== undefined && !("error" in each) && each.blockHash !== undefined ? each.block : []));
    const canonical = await canonicalHashes(this.#account.rpc, blocks);
    return Promise.all(found.map((each, i) => this.#fateOf(hashes[i] ?? "", each, canonical)));
  }

  async heard(hash: string): Promise<void> {
    const followed = this.#sent.get(hash);
    if (followed) await this.#account.heard(followed.call);
  }

  forget(hash: string): void {
    this.#sent.delete(hash);
  }

  async #found(hash: string): Promise<Found> {
    const followed = this.#sent.get(hash);
    try {
      return followed && (await this.#account.found(followed.call));
    } catch (error) {
      if (error instanceof TransactionReplaced) return { error };
      throw error;
    }
  }

  async #fateOf(first: string, found: Found, canonical: Canonical): Promise<Fate> {
    if (found === undefined) return { kind: "on its way" };
    if ("error" in found) return { kind: "gone", error: found.error };
    const { hash, block, blockHash, isFinal, succeeded } = found;
    const there = blockHash === undefined ? undefined : canonical.get(block);
    if (there instanceof Error) return { kind: "unreadable", error: there };
    if (there !== blockHash) return { kind: "on its way" };
    if (succeeded) return { kind: "mined", hash, block, isFinal };
    return { kind: "reverted", hash, block, isFinal, error: await this.#reasonOf(first, found) };
  }

  async #reasonOf(first: string, found: Included): Promise<Error | undefined> {
    const followed = this.#sent.get(first);
    if (!followed) return undefined;
    const { hash } = found;
    const known = followed.reason?.hash === hash ? followed.reason : undefined;
    const reason = known ?? { hash, error: await this.#account.reasonOf(followed.call, found) };
    followed.reason = reason;
    return reason.error;
  }
}

async function canonicalHashes(rpc: Rpc, heights: readonly number[]): Promise<Canonical> {
  const numbers = [...new Set(heights)];
  if (numbers.length === 0) return new Map();
  const method = "eth_getBlockByNumber";
  const outcomes = await rpc.each<{ readonly hash: string } | null>(
    numbers.map((number) => ({ method, params: [toQuantity(number), false] })),
  );
  return new Map(
    numbers.map((number, i): [number, string | RpcRefused | RpcUnanswered] => {
      const outcome = outcomes[i];
      if (outcome?.ok === false) return [number, outcome.error];
      return [number, outcome?.value?.hash ?? new RpcUnanswered(method, "the node", `it has no block ${number}`)];
    }),
  );
}
