import { keccak256OfText } from "../keccak/index.ts";

const FULLEST = 0.7;

/**
 * Remembers on which line each id stood first, in 12 bytes a slot: 1.5 million ids take 50 MB outside of the heap.
 *
 * An open-addressing table of 64-bit hashes (the first bytes of keccak256), so two different ids are taken for the same
 * with a probability of n²/2^65: 6e-8 for 1.5 million ids. A list is then refused without reason; nothing is ever minted
 * twice by it.
 */
export class FirstLines {
  #capacity: number;
  #size = 0;
  #hashes: BigUint64Array;
  /** 0: the slot is free. */
  #lines: Uint32Array;

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.#hashes = new BigUint64Array(capacity);
    this.#lines = new Uint32Array(capacity);
  }

  /**
   * @param line from 1 to 2^32-1
   * @returns the line on which this id stood first, or undefined: it is new and now remembered
   */
  addOrFind(id: string, line: number): number | undefined {
    if (this.#size >= this.#capacity * FULLEST) this.#grow();
    return this.#place(keccak256OfText(id).readBigUInt64LE(), line);
  }

  #place(hash: bigint, line: number): number | undefined {
    const mask = this.#capacity - 1;
    for (let slot = Number(BigInt.asUintN(32, hash)) & mask; ; slot = (slot + 1) & mask) {
      const first = this.#lines[slot];
      if (first === undefined || first === 0) {
        this.#hashes[slot] = hash;
        this.#lines[slot] = line;
        this.#size += 1;
        return undefined;
      }
      if (this.#hashes[slot] === hash) return first;
    }
  }

  #grow(): void {
    const [hashes, lines] = [this.#hashes, this.#lines];
    this.#capacity *= 2;
    this.#size = 0;
    this.#hashes = new BigUint64Array(this.#capacity);
    this.#lines = new Uint32Array(this.#capacity);
    for (const [slot, line] of lines.entries()) {
      if (line !== 0) this.#place(hashes[slot] ?? 0n, line);
    }
  }
}
