import { type Rpc, type RpcRefused, RpcUnanswered, toQuantity } from "../chain/rpc/rpc.ts";
import type { Included } from "../durable/index.ts";
import type { Account, SentCall } from "./account.ts";
import { TransactionReplaced } from "./errors.ts";
import type { LeastGain } from "./gain.ts";
import type { KeeperChain, LiquidationFate, Survey } from "./keeper.ts";
import { KnownPositions } from "./known-positions.ts";
import type { Liquidation } from "./liquidations.ts";
import { liquidation } from "./moves.ts";
import type { Block } from "./reads.ts";
import type { Vault } from "./vault.ts";

/** A liquidation's transaction that the keeper asks after. */
interface Followed {
  readonly call: SentCall;
  /** Why the attempt of this hash reverted: asked once. */
  reason?: { readonly hash: string; readonly error: Error };
}

/** What the account's record knows of it. */
type Found = Included | { readonly error: TransactionReplaced } | undefined;

/** Hashes that the chain has at some heights, or why one could not be read. */
type Canonical = ReadonlyMap<number, string | RpcRefused | RpcUnanswered>;

/** The chain as a keeper sees it: the vault, and the account that pays and sends. */
export class VaultKeeper implements KeeperChain {
  readonly #vault: Vault;
  readonly #account: Account;
  readonly #known: KnownPositions;
  /** By the hash of the first attempt. */
  readonly #sent = new Map<string, Followed>();

  readonly #leastGain: LeastGain;

  /** @param from the first block that can hold a position */
  constructor(vault: Vault, account: Account, from: number, leastGain: LeastGain = () => Promise.resolve(undefined)) {
    this.#leastGain = leastGain;
    this.#vault = vault;
    this.#account = account;
    this.#known = new KnownPositions(vault, from);
  }

  newest(): Promise<Block> {
    return this.#vault.newest();
  }

  async survey(at: Block): Promise<Survey> {
    const keys = await this.#known.upTo(at);
    const markets = new Map((await this.#vault.pools(at)).map((pool) => [pool.collateral, pool]));
    return {
      at,
      positions: await this.#vault.positions(at, keys),
      markets,
      aboveD18: await this.#leastGain(at, markets),
      balanceD18: await this.#vault.castOf(at, this.#account.address),
    };
  }

  async liquidate({ collateral, account: debtor, maxRepayD18 }: Liquidation): Promise<string> {
    const call = await this.#account.broadcast(liquidation(this.#vault, collateral, debtor, maxRepayD18), `liquidation of ${debtor}`);
    this.#sent.set(call.hash, { call });
    return call.hash;
  }

  /**
   * The account's record knows what is mined from its own look at the chain, which may be older than the block that a pass
   * reads: so the blocks are asked for once more, all in one request, and one that is no longer canonical has nothing in it.
   */
  async fates(hashes: readonly string[]): Promise<LiquidationFate[]> {
    for (const hash of this.#sent.keys()) if (!hashes.includes(hash)) this.#sent.delete(hash); // final, and asked after no more
    const found = await Promise.all(hashes.map((hash) => this.#found(hash)));
    const blocks = found.flatMap((each) => (each !== undefined && !("error" in each) && each.blockHash !== undefined ? each.block : []));
    const canonical = await canonicalHashes(this.#account.rpc, blocks);
    return Promise.all(found.map((each, i) => this.#fateOf(hashes[i] ?? "", each, canonical)));
  }

  async heard(hash: string): Promise<void> {
    const followed = this.#sent.get(hash);
    if (followed) await this.#account.heard(followed.call);
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

  async #fateOf(first: string, found: Found, canonical: Canonical): Promise<LiquidationFate> {
    if (found === undefined) return { kind: "on its way" };
    if ("error" in found) return { kind: "gone", error: found.error };
    const { hash, block, blockHash, isFinal, succeeded } = found;
    const there = blockHash === undefined ? undefined : canonical.get(block);
    if (there instanceof Error) return { kind: "unreadable", error: there };
    if (there !== blockHash) return { kind: "on its way" };
    if (succeeded) return { kind: "liquidated", hash, block, isFinal };
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
