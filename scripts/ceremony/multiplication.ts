/** What is said to the programs that multiply points, and what they answer. */
export type Group = "G1" | "G2";

/** Multiples of a generator that are wanted: `factors` are 32 bytes each, the lowest first. */
export interface Multiplication {
  readonly group: Group;
  readonly factors: Uint8Array;
  /** Bits that are looked up at a time: more of them make larger tables and fewer additions. */
  readonly window: number;
}

/** The same affine points twice: as .ptau and .zkey files have them (Montgomery, the lowest byte first) and as iden3 hashes them. */
export interface Multiples {
  readonly points: Uint8Array;
  readonly hashed: Uint8Array;
}

/** How many factors one message has at most. */
export const CHUNK = 4_096;
