import { randomInt } from "node:crypto";

/**
 * Numbers that follow from a seed (xoshiro128** of Blackman and Vigna, seeded by mulberry32). What many things draw from at the
 * same time gives each a generator of its own with `derive`, so that the draws of one do not depend on when the others draw.
 */
export class Random {
  readonly seed: number;
  readonly #state: Uint32Array;

  /** @param seed a whole number; its lower 32 bits count */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, (_, i) => mixed((this.seed + (i + 1) * 0x6d2b79f5) >>> 0));
  }

  /** A generator with a seed that nobody chose; print `seed` to have it again. */
  static fresh(): Random {
    return new Random(randomInt(2 ** 31));
  }

  /** A number in [0, 1). */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    this.#state.set([a ^ fourth, b ^ third, third ^ (b << 9), rotated(fourth, 11)]);
    return result / 2 ** 32;
  }

  /** True with this probability; 0 is never, 1 always. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** One of them. @throws RangeError where there is none */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("nothing to pick from");
    return items[this.int(0, items.length - 1)] as T;
  }

  /** Another generator that follows from this one's seed and the label alone, not from what was drawn so far. */
  derive(label: string): Random {
    let hash = (0x811c9dc5 ^ this.seed) >>> 0; // FNV-1a
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
    return new Random(mixed(hash));
  }
}

const rotated = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

function mixed(value: number): number {
  let result = Math.imul(value ^ (value >>> 15), value | 1);
  result ^= result + Math.imul(result ^ (result >>> 7), result | 61);
  return (result ^ (result >>> 14)) >>> 0;
}
