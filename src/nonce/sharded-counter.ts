import { MintdError } from "../error.ts";
import { checkShards } from "./shards.ts";

/** Shards where nothing else is said. */
export const DEFAULT_SHARDS = 32;

/** Bytes from one shard's counter to the next: two cache lines, since processors fetch lines in pairs. */
const STRIDE = 128;
const CELLS = STRIDE / Int32Array.BYTES_PER_ELEMENT;

/**
 * Highest value of a shard. Beyond it its 32 bits read as negative, which is how a shard that overflowed is known. 64 bits
 * would be bigints, which cost half as much again for each value; who needs more values begins anew with another counter.
 */
export const MAX_COUNT = 2 ** 31 - 1;

/** Where a shard that overflowed is held: as far from 0 as it can be. */
const OVERFLOWED = -(2 ** 31);

/** Most values that one call takes. */
export const MAX_BLOCK = 2 ** 20;

/** A shard of the counter has no such block of values left. */
export class CounterOverflow extends MintdError {
  readonly code = "COUNTER_OVERFLOW";
  constructor(shard: number, count: number) {
    super(`shard ${shard} has no ${count} value(s) left below 2^31`, { hint: "count in another shard or a new counter" });
  }
}

/** A shard that the counter does not have, a block of no or too many values, or memory that holds no counter. */
export class InvalidCount extends MintdError {
  readonly code = "INVALID_COUNT";
  constructor(what: string, value: number, allowed: string) {
    super(`${what} ${value}: must be ${allowed}`, { hint: "take the shard from shardOf and count in several steps" });
  }
}

/**
 * Counters side by side in shared memory, for any number of worker threads. Each value of a shard is given to one caller,
 * whichever thread it is in. Threads that count in shards of their own do not slow each other down.
 *
 * What a call costs (bench/nonces.ts measures it): an uncontended `next` about 20 ns; one whose cache line another core
 * wrote last, three times that. A thread that takes blocks pays for one call in a block.
 *
 * @example
 * const counter = new ShardedCounter();
 * new Worker(file, { workerData: counter.memory });        // in the other thread: new ShardedCounter({ memory: workerData })
 * counter.next(shardOf(user, counter.shards));
 */
export class ShardedCounter {
  /** To be handed to other threads. */
  readonly memory: SharedArrayBuffer;
  readonly shards: number;
  readonly #cells: Int32Array<SharedArrayBuffer>;

  /**
   * @param options `shards`: a power of two, for new memory; `memory`: that of a counter of another thread
   * @throws InvalidShardCount, InvalidCount (memory of another size than a counter has)
   */
  constructor(options: { readonly shards?: number } | { readonly memory: SharedArrayBuffer } = {}) {
    if ("memory" in options) {
      this.memory = options.memory;
      this.shards = options.memory.byteLength / STRIDE;
      if (!Number.isInteger(this.shards)) throw new InvalidCount("memory of bytes", options.memory.byteLength, `a multiple of ${STRIDE}`);
      checkShards(this.shards);
    } else {
      this.shards = options.shards ?? DEFAULT_SHARDS;
      checkShards(this.shards);
      this.memory = new SharedArrayBuffer(this.shards * STRIDE);
    }
    this.#cells = new Int32Array(this.memory);
  }

  /** The shard's next value, from 0. @throws CounterOverflow, InvalidCount */
  next(shard: number): number {
    const cell = this.#cellOf(shard);
    const value = Atomics.add(this.#cells, cell, 1);
    if (value < 0) this.#refuse(cell, shard, 1);
    return value;
  }

  /**
   * The first of the shard's next `count` values, all of which are the caller's.
   *
   * Race: the values are taken before it is known whether there were so many. Mitigation: what was refused is not given
   * back, since another thread may have counted on from there; the shard is put as far below 0 as it goes and stays
   * refused. What remains: 2,048 threads would have to be refused blocks of the largest size in the same moment to come
   * round to 0.
   *
   * @param count 1..2^20
   * @throws CounterOverflow, InvalidCount
   */
  nextBlock(shard: number, count: number): number {
    checkCount(count);
    const cell = this.#cellOf(shard);
    const value = Atomics.add(this.#cells, cell, count);
    if (value < 0 || value + count - 1 > MAX_COUNT) this.#refuse(cell, shard, count);
    return value;
  }

  /**
   * The same, but nothing is taken unless the block ends at or below `limit`, and values up to the next multiple of `word`
   * are passed over where the block then lies in fewer words. Lock-free: a caller only tries again when another succeeded.
   * @param limit at most 2^31 - 1
   * @param word a power of two
   * @returns the first value, or undefined where the limit is in the way
   * @throws CounterOverflow, InvalidCount
   */
  nextBlockBelow(limit: number, shard: number, count: number, word: number): number | undefined {
    checkCount(count);
    const cell = this.#cellOf(shard);
    for (let value = Atomics.load(this.#cells, cell); ;) {
      const first = placeOf(value, count, word);
      const end = first + count;
      if (value < 0 || end > MAX_COUNT) throw new CounterOverflow(shard, count);
      if (end > limit) return undefined;
      const found = Atomics.compareExchange(this.#cells, cell, value, end);
      if (found === value) return first;
      value = found;
    }
  }

  /** How far the shard has counted: values given out, or passed over; negative where it overflowed. @throws InvalidCount */
  valueOf(shard: number): number {
    return Atomics.load(this.#cells, this.#cellOf(shard));
  }

  /**
   * Counts on from `value`, unless the shard is there already or beyond, or overflowed: what lies between is given to nobody.
   * @param value 0..2^31-1
   * @throws CounterOverflow, InvalidCount
   */
  skipTo(shard: number, value: number): void {
    const cell = this.#cellOf(shard);
    if (!(value >= 0 && value <= MAX_COUNT)) throw new CounterOverflow(shard, 1);
    for (let present = Atomics.load(this.#cells, cell); present >= 0 && present < value;) {
      const found = Atomics.compareExchange(this.#cells, cell, present, value);
      if (found === present) return;
      present = found;
    }
  }

  /**
   * Each shard's value, in one pass that waits for nobody. Not one moment: every value lies between what its shard had
   * when the pass began and when it ended.
   */
  snapshot(): number[] {
    return Array.from({ length: this.shards }, (_, shard) => Atomics.load(this.#cells, shard * CELLS));
  }

  #refuse(cell: number, shard: number, count: number): never {
    Atomics.store(this.#cells, cell, OVERFLOWED);
    throw new CounterOverflow(shard, count);
  }

  #cellOf(shard: number): number {
    if (shard >>> 0 !== shard || shard >= this.shards) throw new InvalidCount("shard", shard, `0 to ${this.shards - 1}`);
    return shard * CELLS;
  }
}

/** Where a block begins that is to lie in as few words as it can: here, or at the next word. */
function placeOf(value: number, count: number, word: number): number {
  const used = value & (word - 1);
  const fits = Math.ceil((used + count) / word) === Math.ceil(count / word);
  return fits ? value : value + word - used;
}

function checkCount(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > MAX_BLOCK)
    throw new InvalidCount("count", count, `a whole number in 1..${MAX_BLOCK}`);
}
