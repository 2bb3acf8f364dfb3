// SPDX-License-Identifier: GPL-3.0-only
// A program of its own: multiplies the generators of BN254's groups by many numbers. It uses ffjavascript, hence its licence;
// a process, since ffjavascript takes any worker thread for one of its own.
import { buildBn128, type Curve } from "ffjavascript";
import { CHUNK, type Group, type Multiples, type Multiplication } from "./multiplication.ts";

const sizes = { G1: 32, G2: 64 } as const;

/** Powers of the generator times every value of every window, and additions of what a factor's windows say. */
class FixedBase {
  readonly #exports: Curve["tm"]["instance"]["exports"];
  readonly #memory: Curve["tm"]["memory"];
  readonly #prefix: string;
  readonly #window: number;
  readonly #coordinate: number;
  #top: number;
  readonly #table: number;
  readonly #sums: number;
  readonly #points: number;
  readonly #hashed: number;

  constructor(curve: Curve, group: Group, window: number) {
    this.#exports = curve.tm.instance.exports;
    this.#memory = curve.tm.memory;
    this.#top = this.#memory.buffer.byteLength; // what follows is ours alone
    this.#prefix = group === "G1" ? "g1m_" : "g2m_";
    this.#coordinate = sizes[group];
    this.#window = window;
    this.#table = this.#allocate(this.#windows * this.#values * 2 * this.#coordinate);
    this.#sums = this.#allocate(Math.max(CHUNK, this.#values) * 3 * this.#coordinate);
    this.#points = this.#allocate(CHUNK * 2 * this.#coordinate);
    this.#hashed = this.#allocate(CHUNK * 2 * this.#coordinate);
    this.#fill(curve[group].g);
  }

  get #windows(): number {
    return Math.ceil(254 / this.#window);
  }
  get #values(): number {
    return 2 ** this.#window - 1;
  }

  #allocate(size: number): number {
    const at = this.#top;
    this.#top += Math.ceil(size / 8) * 8;
    const missing = this.#top - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65_536));
    return at;
  }

  #call(name: string, ...pointers: number[]): void {
    this.#exports[this.#prefix + name]?.(...pointers);
  }

  #fill(generator: Uint8Array): void {
    const projective = 3 * this.#coordinate;
    const base = this.#allocate(projective);
    const sum = this.#allocate(projective);
    new Uint8Array(this.#memory.buffer).set(generator, base);
    for (let window = 0; window < this.#windows; window++) {
      this.#call("zero", sum);
      for (let value = 0; value < this.#values; value++) {
        this.#call("add", sum, base, sum);
        this.#call("copy", sum, this.#sums + value * projective);
      }
      this.#call("batchToAffine", this.#sums, this.#values, this.#table + window * this.#values * 2 * this.#coordinate);
      this.#call("add", sum, base, base);
    }
  }

  multiply(factors: Uint8Array): Multiples {
    const count = factors.length / 32;
    const [affine, projective] = [2 * this.#coordinate, 3 * this.#coordinate];
    const addMixed = this.#exports[`${this.#prefix}addMixed`];
    for (let at = 0; at < count; at++) {
      const sum = this.#sums + at * projective;
      this.#call("zero", sum);
      for (let window = 0; window < this.#windows; window++) {
        const value = bitsOf(factors, at * 256 + window * this.#window, this.#window, at * 256 + 256);
        if (value > 0) addMixed?.(sum, this.#table + (window * this.#values + value - 1) * affine, sum);
      }
    }
    this.#call("batchToAffine", this.#sums, count, this.#points);
    this.#call("batchLEMtoU", this.#points, count, this.#hashed);
    const copy = (from: number): Uint8Array => new Uint8Array(this.#memory.buffer).slice(from, from + count * affine);
    return { points: copy(this.#points), hashed: copy(this.#hashed) };
  }
}

function bitsOf(bytes: Uint8Array, from: number, count: number, end: number): number {
  let value = 0;
  for (let bit = Math.min(from + count, end) - 1; bit >= from; bit--) value = value * 2 + (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1);
  return value;
}

if (process.argv[1] === import.meta.filename) {
  const curve = await buildBn128(true);
  const bases = new Map<string, FixedBase>();
  process.on("message", ({ group, factors, window }: Multiplication) => {
    const base = bases.get(group) ?? new FixedBase(curve, group, window);
    bases.set(group, base);
    process.send?.(base.multiply(factors));
  });
  process.once("disconnect", () => process.exit());
}
