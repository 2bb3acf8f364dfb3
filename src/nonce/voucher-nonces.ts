import { MintdError } from "../error.ts";
import type { EventStore, Json, StreamId, Version } from "../store/event-store.ts";
import { MAX_UINT64 } from "./hybrid-nonce.ts";

/** Voucher numbers in one word of the on-chain bitmap. */
export const NUMBERS_PER_WORD = 256n;

/** Most numbers that one `reserve` gives. */
export const MAX_RESERVATION = 65_536;

/** Words leased at a time unless told otherwise: 2,048 numbers, an fsync a second at 2,000 mints/s. */
const WORDS_PER_LEASE = 8;

/** Rounds lost to other processes after which something else must be wrong. */
const MAX_CONFLICTS = 100;

/** A store's numbers lie in one of 2^20 slices of 2^36 words: a million stores, each with more numbers than it will ever mint. */
const SLICES = 2 ** 20;
const WORDS_PER_SLICE = 2n ** 36n;

/** The first word of a slice drawn by lot. @param random in [0, 1) */
export const drawnSlice = (random: number): bigint => BigInt(Math.floor(random * SLICES)) * WORDS_PER_SLICE;

export interface VoucherNoncesOptions {
  readonly store: EventStore;
  readonly chainId: number;
  /** Address of the minter contract whose bitmap the numbers index. */
  readonly minter: string;
  /**
   * Where the first lease of a new store begins, in words. Stores that know nothing of each other begin in different
   * places, so that they do not hand out the same numbers. Default 0.
   */
  readonly firstWord?: bigint;
  /** Whole bitmap words per lease, 1..65536. More: fewer fsyncs; fewer: fewer numbers lost in a crash. */
  readonly wordsPerLease?: number;
}

/** No number is left below 2^64 for this contract. */
export class VoucherNumbersExhausted extends MintdError {
  readonly code = "VOUCHER_NUMBERS_EXHAUSTED";
  constructor(stream: StreamId) {
    super(`${stream}: the next lease would pass 2^64 voucher numbers`, { hint: "deploy a new minter contract; its numbers start at 0" });
  }
}

/** A reservation or lease size outside of its range. */
export class InvalidReservation extends MintdError {
  readonly code = "INVALID_RESERVATION";
  constructor(what: string, value: number, max: number) {
    super(`${what} ${value} is not a whole number in 1..${max}`, { hint: "reserve in several steps" });
  }
}

/** Other processes leased words each time this one tried. Nothing was reserved. */
export class VoucherNumbersContended extends MintdError {
  readonly code = "VOUCHER_NUMBERS_CONTENDED";
  constructor(stream: StreamId, cause: unknown) {
    super(`${stream}: lost ${MAX_CONFLICTS} leases in a row to other processes`, { cause, hint: "try again, with more words per lease" });
  }
}

/** An event in the stream is not a lease that this version understands. */
export class UnreadableLease extends MintdError {
  readonly code = "UNREADABLE_LEASE";
  constructor(stream: StreamId, version: Version) {
    super(`${stream}: event ${version} is not a lease`, { hint: "a newer mintd may have written it; run that one" });
  }
}

/** The stream that says which words of a contract's bitmap are leased. */
export function voucherNumbersStream(chainId: number, minter: string): StreamId {
  return `voucher-numbers/${chainId}/${minter.toLowerCase()}`;
}

/** Leased numbers that nobody has yet: from `next` up to, not including, `end`. */
interface Range {
  next: bigint;
  readonly end: bigint;
}

/**
 * Hands out the dense numbers of vouchers, each at most once over all processes, for ever.
 *
 * Numbers are leased in whole bitmap words by an event `leased {firstWord, words, epoch}` (firstWord a decimal string, as
 * it may pass 2^53; epoch the event's version). The lease is durable before the first of its numbers is given out.
 *
 * Policy: numbers go out in order, without holes, and a reservation may straddle two words. A batch of n then writes one
 * used slot (5,000 gas) and n/256 fresh ones (22,100 gas each); starting every batch on a fresh word would write one fresh
 * slot. So this is cheaper below n = 198, and costs at most 20 gas a number above; in return no number is ever skipped.
 *
 * Race: two processes lease at the same version. Mitigation: the store refuses one with VersionConflict, which reloads
 * and leases behind the other. Race: the append is stored and its acknowledgement lost. Mitigation: the next append at the
 * same version conflicts, reloads, and skips those words. What remains: words leased and not used up when a process ends
 * are never used, at most two leases; their numbers cost nothing on chain.
 */
export class VoucherNonces {
  readonly stream: StreamId;
  readonly #store: EventStore;
  readonly #wordsPerLease: number;
  /** Version of the stream and its first free word, as last seen. */
  #version: Version = 0;
  #freeWord = 0n;
  #ranges: Range[] = [];
  #available = 0;
  #leasing: Promise<void> | undefined;
  /** The reservation before this one: they are served in order. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor({ store, chainId, minter, wordsPerLease = WORDS_PER_LEASE, firstWord = 0n }: VoucherNoncesOptions) {
    this.stream = voucherNumbersStream(chainId, minter);
    this.#store = store;
    this.#wordsPerLease = inRange("wordsPerLease", wordsPerLease, 65_536);
    this.#freeWord = firstWord;
  }

  /** Reads where the leases stand; leases nothing yet. @throws UnreadableLease, InvalidReservation (wordsPerLease) */
  static async open(options: VoucherNoncesOptions): Promise<VoucherNonces> {
    const nonces = new VoucherNonces(options);
    await nonces.#reload();
    return nonces;
  }

  /**
   * The next `count` numbers, ascending. Safe to call concurrently; calls are served in order. Where it throws, no number
   * was taken.
   * @param count 1..65536
   * @throws InvalidReservation, VoucherNumbersExhausted, VoucherNumbersContended, and what the store throws
   */
  async reserve(count: number): Promise<bigint[]> {
    inRange("count", count, MAX_RESERVATION);
    const before = this.#turn;
    const mine = before.then(() => this.#serve(count));
    this.#turn = mine.catch(() => undefined); // the caller hears of it; the next reservation must not
    return mine;
  }

  async #serve(count: number): Promise<bigint[]> {
    while (this.#available < count) await this.#lease(count - this.#available);
    const numbers = this.#take(count);
    if (this.#available < this.#lowWater()) void this.#lease(0).catch(() => undefined); // a failure shows when it is needed
    return numbers;
  }

  /** Half a lease: enough time to fetch the next one while the rest is used. */
  #lowWater(): number {
    return (this.#wordsPerLease * Number(NUMBERS_PER_WORD)) / 2;
  }

  #take(count: number): bigint[] {
    const numbers: bigint[] = [];
    for (const range of this.#ranges) {
      for (; range.next < range.end && numbers.length < count; range.next++) numbers.push(range.next);
    }
    this.#ranges = this.#ranges.filter(({ next, end }) => next < end);
    this.#available -= count;
    return numbers;
  }

  /** One lease at a time; who comes while one is under way waits for that one. */
  #lease(missing: number): Promise<void> {
    const words = Math.max(this.#wordsPerLease, Math.ceil(missing / Number(NUMBERS_PER_WORD)));
    this.#leasing ??= this.#leaseWords(words).finally(() => {
      this.#leasing = undefined;
    });
    return this.#leasing;
  }

  async #leaseWords(words: number): Promise<void> {
    let conflict: unknown;
    for (let round = 0; round < MAX_CONFLICTS; round++) {
      const first = this.#freeWord;
      const end = (first + BigInt(words)) * NUMBERS_PER_WORD;
      if (end > MAX_UINT64 + 1n) throw new VoucherNumbersExhausted(this.stream);
      try {
        await this.#append(first, words);
      } catch (error) {
        if (!isVersionConflict(error)) throw error;
        conflict = error;
        await this.#reload();
        continue;
      }
      this.#ranges.push({ next: first * NUMBERS_PER_WORD, end });
      this.#available += words * Number(NUMBERS_PER_WORD);
      return;
    }
    throw new VoucherNumbersContended(this.stream, conflict);
  }

  async #append(firstWord: bigint, words: number): Promise<void> {
    const epoch = this.#version + 1;
    const data = { firstWord: firstWord.toString(), words, epoch };
    await this.#store.append([{ stream: this.stream, expected: this.#version, events: [{ kind: "leased", data }] }]);
    this.#version = epoch;
    this.#freeWord = firstWord + BigInt(words);
  }

  /** The newest lease alone says where the free words begin, since each one starts where the one before it ends. */
  async #reload(): Promise<void> {
    const [version = 0] = await this.#store.versions([this.stream]);
    if (version === 0) return;
    for await (const event of this.#store.read(this.stream, version)) {
      const end = event.kind === "leased" ? endOfLease(event.data) : undefined;
      if (end === undefined) throw new UnreadableLease(this.stream, event.version);
      this.#version = event.version;
      this.#freeWord = end;
    }
  }
}

function endOfLease(data: Json): bigint | undefined {
  if (typeof data !== "object" || data === null || !("firstWord" in data) || !("words" in data)) return undefined;
  const { firstWord, words } = data;
  if (typeof firstWord !== "string" || !/^[0-9]{1,17}$/.test(firstWord)) return undefined;
  return typeof words === "number" && Number.isSafeInteger(words) && words > 0 ? BigInt(firstWord) + BigInt(words) : undefined;
}

/** By its stable code: the error's class belongs to the store's adapters, of which this port knows nothing. */
function isVersionConflict(error: unknown): boolean {
  return error instanceof MintdError && error.code === "VERSION_CONFLICT";
}

function inRange(what: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 1 || value > max) throw new InvalidReservation(what, value, max);
  return value;
}
