import type { EventStore } from "../store/event-store.ts";
import { InvalidNodeName, InvalidReservation, ShardElsewhere, ShardUnknown, VoucherNumbersExhausted } from "./errors.ts";
import { MAX_UINT64 } from "./hybrid-nonce.ts";
import { type Holding, type NumberState, voucherNumbersStream } from "./number-events.ts";
import { NumberLog } from "./number-log.ts";
import type { ShardMap } from "./routing.ts";
import { DEFAULT_SHARDS } from "./sharded-counter.ts";
import { checkShards } from "./shards.ts";

/** Voucher numbers in one word of the on-chain bitmap. */
export const NUMBERS_PER_WORD = 256n;

/** Most words of one lease: 16 million numbers. */
export const MAX_WORDS = 65_536;

export interface NumberLedgerOptions {
  readonly store: EventStore;
  readonly chainId: number;
  /** Address of the minter contract whose bitmap the numbers index. */
  readonly minter: string;
  /**
   * Where the first lease of a new store begins, in words. Stores that know nothing of each other begin in different
   * places, so that they do not hand out the same numbers. Default 0.
   */
  readonly firstWord?: bigint;
  /** Shards of a store that has no map yet: a power of two. Default 32. */
  readonly shards?: number;
  readonly eventsBetweenSnapshots?: number;
}

/** Words that are one node's alone. */
export interface Lease {
  readonly firstWord: bigint;
  readonly words: number;
  /** The shard's owner held it since this version of the ledger: the fencing token. */
  readonly epoch: number;
}

/**
 * The durable record of a contract's voucher numbers: one stream, in which words are leased one behind the other, so that
 * no two leases overlap, and which says which node has which shard.
 *
 * A node that does not know yet that its shard was moved is refused by the store, reads what it missed, and learns that the
 * shard is elsewhere: the epoch is checked inside the write (law 5). Words whose lease was recorded and never acknowledged
 * are used by nobody; they cost nothing on chain.
 */
export class NumberLedger {
  readonly #log: NumberLog;

  private constructor(log: NumberLog) {
    this.#log = log;
  }

  /** Reads how things stand; records nothing. @throws UnreadableLease, InvalidShardCount, and what the store throws */
  static async open(options: NumberLedgerOptions): Promise<NumberLedger> {
    const { store, chainId, minter, firstWord = 0n, shards = DEFAULT_SHARDS, eventsBetweenSnapshots } = options;
    checkShards(shards);
    const stream = voucherNumbersStream(chainId, minter);
    return new NumberLedger(await NumberLog.open({ store, stream, firstWord, defaultMap: { version: 1, shards }, eventsBetweenSnapshots }));
  }

  /** How users are spread over shards, as far as this process knows. */
  get map(): ShardMap {
    return this.#log.map;
  }

  get state(): NumberState {
    return this.#log.state;
  }

  /** The shard's owner, as far as this process knows; undefined where it is free for whoever leases first. */
  ownerOf(shard: number): Holding | undefined {
    return this.state.holdings.get(shard);
  }

  /** Called when map or owners may have changed. */
  onChange(listener: () => void): void {
    this.#log.onChange(listener);
  }

  /**
   * Leases whole words for a shard; durable when it resolves. A shard without an owner becomes the node's.
   * @param words 1..65536
   * @throws ShardElsewhere, ShardUnknown, InvalidReservation, InvalidNodeName, VoucherNumbersExhausted, VoucherNumbersContended,
   *   and what the store throws; no number may be used then
   */
  async lease(shard: number, node: string, words: number): Promise<Lease> {
    checkWords(words);
    checkNode(node);
    return this.#log.record((state) => {
      this.#checkShard(shard, state);
      const owner = state.holdings.get(shard);
      if (owner && owner.node !== node) throw new ShardElsewhere(shard, owner.node, owner.epoch);
      const value = this.#leaseOf(state, words, owner?.epoch ?? state.version + 1);
      const { firstWord, epoch } = value;
      return { events: [{ kind: "leased", data: { firstWord: firstWord.toString(), words, epoch, shard, node } }], value };
    });
  }

  /** Leases whole words outside of all shards, for an issuer of its own; nothing here will ever use them. @throws as `lease` */
  async leaseApart(node: string, words: number): Promise<Lease> {
    checkWords(words);
    checkNode(node);
    return this.#log.record((state) => {
      const value = this.#leaseOf(state, words, state.version + 1);
      const { firstWord, epoch } = value;
      return { events: [{ kind: "leased", data: { firstWord: firstWord.toString(), words, epoch, node } }], value };
    });
  }

  /**
   * Gives a shard to a node. The former owner is refused from its next lease on, and skips what it has as soon as it knows.
   *
   * Race: until then it may give out numbers of its last block while the new owner gives out higher ones. Mitigation: both
   * blocks were leased, so no number is given twice. What remains: in a shard's real time, numbers may step back between
   * owners, for as long as a former one in another process has numbers left and no reason to look; within an epoch they
   * never do.
   *
   * @returns the new epoch
   * @throws ShardUnknown, InvalidNodeName, VoucherNumbersContended, and what the store throws
   */
  async move(shard: number, node: string): Promise<number> {
    checkNode(node);
    return this.#log.record((state) => {
      this.#checkShard(shard, state);
      const owner = state.holdings.get(shard);
      if (owner?.node === node) return { events: [], value: owner.epoch };
      const epoch = state.version + 1;
      return { events: [{ kind: "moved", data: { shard, node, epoch } }], value: epoch };
    });
  }

  /**
   * Spreads users over another number of shards, as a new version of the map; the same number changes nothing.
   * @throws InvalidShardCount, VoucherNumbersContended, and what the store throws
   */
  async remap(shards: number): Promise<ShardMap> {
    checkShards(shards);
    return this.#log.record((state) => {
      const map = state.map ?? this.map;
      if (map.shards === shards) return { events: [], value: map };
      const value = { version: map.version + 1, shards };
      return { events: [{ kind: "mapped", data: value }], value };
    });
  }

  /** Reads what other processes have recorded. @throws UnreadableLease, and what the store throws */
  refresh(): Promise<void> {
    return this.#log.refresh();
  }

  #leaseOf(state: NumberState, words: number, epoch: number): Lease {
    if ((state.freeWord + BigInt(words)) * NUMBERS_PER_WORD > MAX_UINT64 + 1n) throw new VoucherNumbersExhausted(this.#log.stream);
    return { firstWord: state.freeWord, words, epoch };
  }

  #checkShard(shard: number, state: NumberState): void {
    const { shards } = state.map ?? this.map;
    if (!Number.isInteger(shard) || shard < 0 || shard >= shards) throw new ShardUnknown(shard, shards);
  }
}

function checkWords(words: number): void {
  if (!Number.isInteger(words) || words < 1 || words > MAX_WORDS) throw new InvalidReservation("words", words, MAX_WORDS);
}

/** @throws InvalidNodeName */
export function checkNode(node: string): void {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(node)) throw new InvalidNodeName(node);
}
