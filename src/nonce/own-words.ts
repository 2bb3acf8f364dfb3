import type { EventStore } from "../store/event-store.ts";
import { numberEventOf, voucherNumbersStream } from "./number-events.ts";
import { sliceOf } from "./slices.ts";

/** Words that were leased to somebody outside, for good. */
interface Apart {
  readonly firstWord: bigint;
  readonly endWord: bigint;
}

/**
 * The words of a contract's bitmap that this store gives numbers out from, or may some day: the slices that its leases lie in,
 * without the words that it leased apart. Leases follow each other inside the slice of the first one, and never go back; so a
 * word outside of it, or one leased apart, is nobody's here for ever.
 *
 * What remains: a store that has leased nothing yet has no slice; the one that it will draw is one of 2^20.
 */
export class OwnWords {
  readonly #slices: ReadonlySet<bigint>;
  readonly #apart: readonly Apart[];

  private constructor(slices: ReadonlySet<bigint>, apart: readonly Apart[]) {
    this.#slices = slices;
    this.#apart = apart;
  }

  /** Reads all leases: their snapshot has sums alone. @throws UnreadableLease, and what the store throws */
  static async read(store: Pick<EventStore, "read">, chainId: number, minter: string): Promise<OwnWords> {
    const slices = new Set<bigint>();
    const apart: Apart[] = [];
    for await (const stored of store.read(voucherNumbersStream(chainId, minter))) {
      const { kind, data } = numberEventOf(stored);
      if (kind !== "leased") continue;
      const firstWord = BigInt(data.firstWord);
      const endWord = firstWord + BigInt(data.words);
      slices.add(sliceOf(firstWord)).add(sliceOf(endWord)); // the next lease begins where this one ends
      // Without a node it is of the time before shards, when this store used its leases itself.
      if (data.shard === undefined && data.node !== undefined) apart.push({ firstWord, endWord });
    }
    return new OwnWords(slices, apart);
  }

  has(word: bigint): boolean {
    return this.#slices.has(sliceOf(word)) && !this.#apart.some(({ firstWord, endWord }) => firstWord <= word && word < endWord);
  }
}
