import { type BlockLimits, blockLimits, nextWords } from "./block-size.ts";
import { ShardElsewhere } from "./errors.ts";
import { NUMBERS_PER_WORD, type NumberLedger } from "./number-ledger.ts";
import { checkRoute, type Route } from "./routing.ts";
import { MAX_COUNT, ShardedCounter } from "./sharded-counter.ts";

export interface ShardKeeperOptions {
  readonly ledger: NumberLedger;
  /** Name of the node that keeps the shards. */
  readonly node: string;
  /** Milliseconds, never going back; the size of blocks follows the rate by it. */
  readonly now: () => number;
  readonly limits?: BlockLimits;
  /** Places of a shard after which they begin again at 0. Default: as many as the counter has. */
  readonly mostPlaces?: number;
}

/** Leased numbers, by the places that they have in the shard's count. */
interface Block {
  /** Place of its first number. */
  readonly from: number;
  readonly first: bigint;
  readonly size: number;
}

/** A shard that the node keeps. */
interface Kept {
  readonly shard: number;
  /** Oldest first, without gaps between their places. */
  blocks: Block[];
  /** Places below this one are leased. */
  limit: number;
  /** Under which the blocks were leased; undefined before the first one. */
  epoch: number | undefined;
  /** Of the newest lease. */
  words: number;
  leasedAt: number;
  leasing: Promise<void> | undefined;
  /** The reservation before the next one, where there is one that waits: they are served in order. */
  turn: Promise<unknown> | undefined;
}

const word = Number(NUMBERS_PER_WORD);

/** Numbers that take long enough to make (65,536 of them 4 ms) for others to have a turn of the event loop before. */
const LARGE = 4_096;

/**
 * Keeps a node's shards: leases blocks of whole words for them and hands out their numbers (hi-lo). The lease is durable
 * before the first of its numbers is given out, so a crash skips numbers and never repeats one.
 *
 * How far a shard has got is a `ShardedCounter`; the blocks say which numbers its places are. The next block is leased when
 * half of the newest one is left, in size for a second at the rate of late, so that in the steady state nobody waits for it.
 *
 * Race: a shard is moved to another node while its numbers are given out here. Mitigation: both nodes' blocks are their own
 * by the ledger; this one drops what is left as soon as it knows, and its next lease is refused in any case. What remains:
 * a former owner in another process gives out what is left of its block until it looks; and skipped numbers, which cost
 * nothing on chain but the words that they leave half used.
 */
export class ShardKeeper {
  readonly node: string;
  readonly #ledger: NumberLedger;
  readonly #now: () => number;
  readonly #limits: BlockLimits;
  readonly #mostPlaces: number;
  readonly #kept = new Map<number, Kept>();
  #counter: ShardedCounter;
  #mapVersion: number;

  constructor({ ledger, node, now, limits = blockLimits, mostPlaces = MAX_COUNT }: ShardKeeperOptions) {
    this.node = node;
    this.#ledger = ledger;
    this.#now = now;
    this.#limits = limits;
    this.#mostPlaces = mostPlaces;
    this.#counter = new ShardedCounter({ shards: ledger.map.shards });
    this.#mapVersion = ledger.map.version;
    ledger.onChange(() => {
      this.#dropWhatIsLost();
    });
  }

  /** How many numbers each shard has given out or passed over since this process began to keep it. */
  counted(): number[] {
    return this.#counter.snapshot();
  }

  /**
   * The shard's next `count` numbers, ascending: in the fewest words that can hold them, so that the batch that mints them
   * touches the fewest storage slots. Numbers that do not fit into the rest of a word are left to nobody: a word begun
   * costs 22,100 gas once, and one shared with the batch before 5,000 each time.
   *
   * Served in order. Where it throws, no number was taken.
   * @param count 1..65536, checked by the caller
   * @throws RoutingDrift, ShardElsewhere: route it again; and what the ledger throws
   */
  async reserve(count: number, route: Route): Promise<bigint[]> {
    const kept = this.#keep(route);
    if (kept.turn !== undefined || count > LARGE) return this.#inTurn(kept, count, route);
    const numbers = this.#take(kept, count);
    return numbers ?? this.#inTurn(kept, count, route);
  }

  #inTurn(kept: Kept, count: number, route: Route): Promise<bigint[]> {
    const before = kept.turn ?? Promise.resolve();
    const mine = before.then(() => (count > LARGE ? turnOfTheLoop() : undefined)).then(() => this.#serve(count, route));
    const turn: Promise<unknown> = mine
      .catch(() => undefined) // the caller hears of it; the next reservation must not
      .then(() => {
        if (kept.turn === turn) kept.turn = undefined;
      });
    kept.turn = turn;
    return mine;
  }

  async #serve(count: number, route: Route): Promise<bigint[]> {
    for (;;) {
      const kept = this.#keep(route); // anew each time: the shard may be elsewhere by now
      const numbers = this.#take(kept, count);
      if (numbers !== undefined) return numbers;
      await this.#lease(kept, Math.ceil(count / word));
    }
  }

  /** @throws RoutingDrift, ShardElsewhere */
  #keep(route: Route): Kept {
    checkRoute(route, this.#ledger.map);
    const { shard } = route;
    const known = this.#kept.get(shard);
    if (known) return known; // what is lost is dropped at once, see dropWhatIsLost
    const owner = this.#ledger.ownerOf(shard);
    if (owner && owner.node !== this.node) throw new ShardElsewhere(shard, owner.node, owner.epoch);
    const kept: Kept = {
      ...{ shard, blocks: [], limit: this.#counter.valueOf(shard), words: 0, leasedAt: 0 },
      ...{ epoch: undefined, leasing: undefined, turn: undefined },
    };
    this.#kept.set(shard, kept);
    return kept;
  }

  /** Numbers of what is leased, or undefined where that is not enough. */
  #take(kept: Kept, count: number): bigint[] | undefined {
    const place = this.#counter.nextBlockBelow(kept.limit, kept.shard, count, word);
    if (place === undefined) return undefined;
    const end = place + count;
    const numbers: bigint[] = [];
    for (const { from, first, size } of kept.blocks) {
      const begin = Math.max(place, from);
      let number = first + BigInt(begin - from);
      for (let at = begin; at < Math.min(end, from + size); at++) numbers.push(number++);
    }
    while (kept.blocks[0] && kept.blocks[0].from + kept.blocks[0].size <= end) kept.blocks.shift();
    if (kept.limit - end < (kept.words * word) / 2) this.#prefetch(kept);
    return numbers;
  }

  #prefetch(kept: Kept): void {
    if (kept.leasing === undefined) this.#lease(kept, 1).catch(() => undefined); // a failure shows when the block is needed
  }

  /** One lease of a shard at a time; who comes while one is under way waits for that one. */
  #lease(kept: Kept, needed: number): Promise<void> {
    kept.leasing ??= this.#leaseWords(kept, needed).finally(() => {
      kept.leasing = undefined;
    });
    return kept.leasing;
  }

  async #leaseWords(kept: Kept, needed: number): Promise<void> {
    const now = this.#now();
    const wanted = kept.words === 0 ? this.#limits.least : nextWords(kept.words, now - kept.leasedAt, this.#limits);
    const { firstWord, words, epoch } = await this.#ledger.lease(kept.shard, this.node, Math.max(wanted, needed));
    // Lost while it was written, and perhaps given back since: its words are skipped.
    if (this.#kept.get(kept.shard) !== kept || this.#ledger.ownerOf(kept.shard)?.epoch !== epoch) return;
    kept.epoch = epoch;
    const size = words * word;
    if (kept.limit + size > this.#mostPlaces) {
      this.#beginAnew();
      return;
    }
    kept.blocks.push({ from: kept.limit, first: firstWord * NUMBERS_PER_WORD, size });
    kept.limit += size;
    kept.words = words;
    kept.leasedAt = now;
  }

  /** The places of a shard are used up, after 2^31 numbers. All begin again at 0, and what is left of the blocks is skipped. */
  #beginAnew(): void {
    this.#kept.clear();
    this.#counter = new ShardedCounter({ shards: this.#counter.shards });
  }

  #dropWhatIsLost(): void {
    const { map } = this.#ledger;
    for (const { shard, limit, epoch } of this.#kept.values()) {
      const owner = this.#ledger.ownerOf(shard);
      const isOurs = owner === undefined || (owner.node === this.node && owner.epoch === (epoch ?? owner.epoch));
      if (isOurs && shard < map.shards) continue;
      this.#kept.delete(shard);
      this.#counter.skipTo(shard, limit);
    }
    if (map.version === this.#mapVersion) return;
    this.#mapVersion = map.version;
    if (map.shards > this.#counter.shards) this.#counter = grown(this.#counter, map.shards);
  }
}

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The same counts with room for more shards. */
function grown(counter: ShardedCounter, shards: number): ShardedCounter {
  const larger = new ShardedCounter({ shards });
  counter.snapshot().forEach((value, shard) => {
    larger.skipTo(shard, value);
  });
  return larger;
}
