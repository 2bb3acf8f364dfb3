import { MintdError } from "../error.ts";
import type { EventStore, StreamId } from "../store/event-store.ts";
import {
  InvalidNodeName,
  InvalidReservation,
  ShardElsewhere,
  ShardUnknown,
  VoucherNumbersContended,
  VoucherNumbersExhausted,
} from "./errors.ts";
import { MAX_UINT64 } from "./hybrid-nonce.ts";
import {
  evolveNumbers,
  type Holding,
  noNumbers,
  type NumberEvent,
  numberEventOf,
  numbersFromSnapshot,
  type NumberState,
  numbersToSnapshot,
  voucherNumbersStream,
} from "./number-events.ts";
import type { ShardMap } from "./routing.ts";
import { DEFAULT_SHARDS } from "./sharded-counter.ts";
import { checkShards } from "./shards.ts";

/** Voucher numbers in one word of the on-chain bitmap. */
export const NUMBERS_PER_WORD = 256n;

/** Most words of one lease: 16 million numbers. */
export const MAX_WORDS = 65_536;

/** Rounds lost to other processes after which something else must be wrong. */
const MAX_CONFLICTS = 100;

/** Events after which a snapshot is kept, so that an open does not read all that ever was. */
const eventsBetweenSnapshots = 256;

/** A store's numbers lie in one of 2^20 slices of 2^36 words: a million stores, each with more numbers than it will ever mint. */
const SLICES = 2 ** 20;
const WORDS_PER_SLICE = 2n ** 36n;

/** The first word of a slice drawn by lot. @param random in [0, 1) */
export const drawnSlice = (random: number): bigint => BigInt(Math.floor(random * SLICES)) * WORDS_PER_SLICE;

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
}

/** Words that are one node's alone. */
export interface Lease {
  readonly firstWord: bigint;
  readonly words: number;
  /** The shard's owner held it since this version of the ledger: the fencing token. */
  readonly epoch: number;
}

/** What is to be recorded, given the state that it will follow. Throws where that state does not allow it. */
type Decide = (state: NumberState) => readonly NumberEvent[];

interface Job {
  readonly decide: Decide;
  /** Told the state after this job's events. */
  readonly done: (state: NumberState) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The durable record of a contract's voucher numbers: one stream, in which words are leased one behind the other, so that
 * no two leases overlap, and which says which node has which shard.
 *
 * Every append is made at the version that the decision was made on. A node that does not know yet that its shard was moved
 * is therefore refused by the store, reads what it missed, and learns that the shard is elsewhere: the epoch is checked
 * inside the write (law 5). Calls that come while an append is under way share the next one, and so one fsync.
 *
 * Race: the append is stored and its acknowledgement lost. Mitigation: the next append at the same version conflicts, reads
 * on, and leases behind it. What remains: those words are never used; they cost nothing on chain.
 */
export class NumberLedger {
  readonly stream: StreamId;
  readonly #store: EventStore;
  readonly #defaultMap: ShardMap;
  readonly #listeners = new Set<() => void>();
  #state: NumberState;
  #waiting: Job[] = [];
  #isAppending = false;
  #sinceSnapshot = 0;

  private constructor({ store, chainId, minter, firstWord = 0n, shards = DEFAULT_SHARDS }: NumberLedgerOptions) {
    checkShards(shards);
    this.stream = voucherNumbersStream(chainId, minter);
    this.#store = store;
    this.#defaultMap = { version: 1, shards };
    this.#state = noNumbers(firstWord);
  }

  /** Reads how things stand; records nothing. @throws UnreadableLease, InvalidShardCount, and what the store throws */
  static async open(options: NumberLedgerOptions): Promise<NumberLedger> {
    const ledger = new NumberLedger(options);
    const snapshot = await options.store.loadSnapshot(ledger.stream);
    if (snapshot) ledger.#state = numbersFromSnapshot(snapshot.data);
    await ledger.refresh();
    return ledger;
  }

  /** How users are spread over shards, as far as this process knows. */
  get map(): ShardMap {
    return this.#state.map ?? this.#defaultMap;
  }

  get state(): NumberState {
    return this.#state;
  }

  /** The shard's owner, as far as this process knows; undefined where it is free for whoever leases first. */
  ownerOf(shard: number): Holding | undefined {
    return this.#state.holdings.get(shard);
  }

  /** Called when map or owners may have changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
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
    let lease: Lease | undefined;
    await this.#record((state) => {
      this.#checkShard(shard, state);
      const owner = state.holdings.get(shard);
      if (owner && owner.node !== node) throw new ShardElsewhere(shard, owner.node, owner.epoch);
      const epoch = owner?.epoch ?? state.version + 1;
      lease = { ...this.#freeWords(state, words), epoch };
      return [{ kind: "leased", data: { firstWord: lease.firstWord.toString(), words, epoch, shard, node } }];
    });
    return lease as unknown as Lease; // set by the decision that was recorded
  }

  /** Leases whole words outside of all shards, for an issuer of its own; nothing here will ever use them. @throws as `lease` */
  async leaseApart(node: string, words: number): Promise<Lease> {
    checkWords(words);
    checkNode(node);
    let lease: Lease | undefined;
    await this.#record((state) => {
      const epoch = state.version + 1;
      lease = { ...this.#freeWords(state, words), epoch };
      return [{ kind: "leased", data: { firstWord: lease.firstWord.toString(), words, epoch, node } }];
    });
    return lease as unknown as Lease; // set by the decision that was recorded
  }

  /**
   * Gives a shard to a node. The former owner is refused from its next lease on, and skips what it has as soon as it knows.
   *
   * Race: until then it may give out numbers of its last block while the new owner gives out higher ones. Mitigation: both
   * blocks were leased, so no number is given twice. What remains: in a shard's real time, numbers may step back once
   * between owners; within an epoch they never do.
   *
   * @returns the new epoch
   * @throws ShardUnknown, InvalidNodeName, VoucherNumbersContended, and what the store throws
   */
  async move(shard: number, node: string): Promise<number> {
    checkNode(node);
    let epoch = 0;
    await this.#record((state) => {
      this.#checkShard(shard, state);
      const owner = state.holdings.get(shard);
      epoch = owner?.node === node ? owner.epoch : state.version + 1;
      return owner?.node === node ? [] : [{ kind: "moved", data: { shard, node, epoch } }];
    });
    return epoch;
  }

  /**
   * Spreads users over another number of shards, as a new version of the map; the same number changes nothing.
   * @throws InvalidShardCount, VoucherNumbersContended, and what the store throws
   */
  async remap(shards: number): Promise<ShardMap> {
    checkShards(shards);
    await this.#record((state) => {
      const map = state.map ?? this.#defaultMap;
      return map.shards === shards ? [] : [{ kind: "mapped", data: { version: map.version + 1, shards } }];
    });
    return this.map;
  }

  /** Reads what other processes have recorded. @throws UnreadableLease, and what the store throws */
  async refresh(): Promise<void> {
    const [version = 0] = await this.#store.versions([this.stream]);
    if (version <= this.#state.version) return;
    let state = this.#state;
    for await (const stored of this.#store.read(this.stream, state.version + 1)) {
      // Read beside an append of this process that was faster: it knows already.
      if (stored.version === state.version + 1) state = evolveNumbers(state, numberEventOf(stored));
    }
    if (state.version > this.#state.version) this.#become(state);
  }

  #freeWords(state: NumberState, words: number): Pick<Lease, "firstWord" | "words"> {
    if ((state.freeWord + BigInt(words)) * NUMBERS_PER_WORD > MAX_UINT64 + 1n) throw new VoucherNumbersExhausted(this.stream);
    return { firstWord: state.freeWord, words };
  }

  #checkShard(shard: number, state: NumberState): void {
    const { shards } = state.map ?? this.#defaultMap;
    if (!Number.isInteger(shard) || shard < 0 || shard >= shards) throw new ShardUnknown(shard, shards);
  }

  #record(decide: Decide): Promise<NumberState> {
    const { promise, resolve, reject } = Promise.withResolvers<NumberState>();
    this.#waiting.push({ decide, done: resolve, failed: reject });
    if (!this.#isAppending) void this.#appendWaiting();
    return promise;
  }

  /** Never throws: each job hears of its own end. */
  async #appendWaiting(): Promise<void> {
    this.#isAppending = true;
    await Promise.resolve(); // what is asked for in one go shares an append
    while (this.#waiting.length > 0) {
      const jobs = this.#waiting;
      this.#waiting = [];
      try {
        await this.#append(jobs);
      } catch (error) {
        for (const job of jobs) job.failed(error); // for those that were told before, it changes nothing
      }
    }
    this.#isAppending = false;
  }

  async #append(jobs: readonly Job[]): Promise<void> {
    let conflict: unknown;
    for (let round = 0; round < MAX_CONFLICTS; round++) {
      const { state, events, decided } = this.#decide(jobs);
      try {
        if (events.length > 0) {
          await this.#store.append([
            { stream: this.stream, expected: this.#state.version, events: events },
          ]);
        }
      } catch (error) {
        if (!isVersionConflict(error)) throw error;
        conflict = error;
        await this.refresh();
        continue;
      }
      if (events.length > 0) this.#become(state);
      for (const job of decided) job.done(state);
      return;
    }
    throw new VoucherNumbersContended(this.stream, MAX_CONFLICTS, conflict);
  }

  /** What the jobs lead to, one after the other. Those that the state refuses hear of it; the others go on. */
  #decide(jobs: readonly Job[]): {
    readonly state: NumberState;
    readonly events: readonly NumberEvent[];
    readonly decided: readonly Job[];
  } {
    let state = this.#state;
    const events: NumberEvent[] = [];
    const decided: Job[] = [];
    const take = (event: NumberEvent): void => {
      events.push(event);
      state = evolveNumbers(state, event);
    };
    for (const job of jobs) {
      const before = { state, events: events.length };
      try {
        // The map that users are routed by is on record before the first number is given out by it.
        if (state.map === undefined) take({ kind: "mapped", data: this.#defaultMap });
        const more = job.decide(state);
        for (const event of more) take(event);
        decided.push(job);
      } catch (error) {
        state = before.state;
        events.length = before.events;
        job.failed(error);
      }
    }
    return { state, events, decided };
  }

  #become(state: NumberState): void {
    this.#sinceSnapshot += state.version - this.#state.version;
    this.#state = state;
    for (const listener of this.#listeners) listener();
    if (this.#sinceSnapshot < eventsBetweenSnapshots) return;
    this.#sinceSnapshot = 0;
    void this.#saveSnapshot();
  }

  async #saveSnapshot(): Promise<void> {
    const data = numbersToSnapshot(this.#state);
    try {
      await this.#store.saveSnapshot(this.stream, { position: await this.#store.head(), data });
    } catch {
      // Without it the next open reads more. What is wrong with the store shows at the next lease, which nobody may miss.
    }
  }
}

/** Reads how a contract's voucher numbers stand; for people who want to look. @throws UnreadableLease, and what the store throws */
export async function readNumbers(store: EventStore, chainId: number, minter: string): Promise<NumberLedger> {
  return NumberLedger.open({ store, chainId, minter });
}

/** By its stable code: the error's class belongs to the store's adapters, of which this port knows nothing. */
function isVersionConflict(error: unknown): boolean {
  return error instanceof MintdError && error.code === "VERSION_CONFLICT";
}

function checkWords(words: number): void {
  if (!Number.isInteger(words) || words < 1 || words > MAX_WORDS) throw new InvalidReservation("words", words, MAX_WORDS);
}

function checkNode(node: string): void {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(node)) throw new InvalidNodeName(node);
}
