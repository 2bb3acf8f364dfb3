/** Widths in bits of everything that is packed. circuits/price/widths.circom has the same numbers; a test compares them. */
export const widths = {
  PRICE_BITS: 64,
  ASSET_BITS: 64,
  TIME_BITS: 40,
  AGE_BITS: 16,
  DEVIATION_BITS: 14,
  QUORUM_BITS: 8,
  BLOCK_BITS: 40,
} as const;

/** First 64 bits of every signed message, "mintdpx1" in ASCII: a signature for anything else is none for a price. */
export const QUOTE_DOMAIN = 0x6d696e7464707831n;

/** The field of BN254, in which the circuits count. Every number that a circuit takes is below it. */
export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Whether `value` is a whole number of at most `bits` bits, not negative. */
export function fits(value: bigint | number, bits: number): boolean {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return false;
  return value >= 0 && BigInt(value) < 1n << BigInt(bits);
}
