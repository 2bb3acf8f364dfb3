import { keccak256 } from "../../keccak/index.ts";

/**
 * The bits that an address or topic sets in a block's logs bloom: three numbers below 2048, each the low 11 bits of a
 * pair of bytes of its keccak256 (Yellow Paper, 4.3.1).
 */
export function bloomBits(value: string): readonly number[] {
  const hash = keccak256(Buffer.from(value.slice(2), "hex"));
  return [0, 2, 4].map((at) => hash.readUInt16BE(at) & 0x7ff);
}

/** Whether the bloom has all these bits: false proves that no such log is in the block, true proves nothing. */
export function bloomMayHold(bloom: string, bits: readonly number[]): boolean {
  return bits.every((bit) => {
    const nibble = Number.parseInt(bloom.charAt(2 + 511 - (bit >> 2)), 16);
    return (nibble & (1 << (bit & 3))) !== 0;
  });
}
