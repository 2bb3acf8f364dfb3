/** A store's numbers lie in one of 2^20 slices of 2^36 words: a million stores, each with more numbers than it will ever mint. */
const SLICES = 2 ** 20;
const WORDS_PER_SLICE = 2n ** 36n;

/** The first word of a slice drawn by lot. @param random in [0, 1) */
export const drawnSlice = (random: number): bigint => BigInt(Math.floor(random * SLICES)) * WORDS_PER_SLICE;

/** The slice that a word lies in. */
export const sliceOf = (word: bigint): bigint => word / WORDS_PER_SLICE;
