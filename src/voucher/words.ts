import { MAX_UINT64 } from "../nonce/hybrid-nonce.ts";
import { InvalidRedemption } from "./errors.ts";

/**
 * Writing single ABI words of 32 bytes, right-aligned and big-endian (Solidity ABI specification, "Formal Specification
 * of the Encoding"). The buffer must be zero where a value is shorter than its word. Every writer checks its value:
 * `Buffer.write(…, "hex")` alone would cut a bad one short in silence.
 */
export const WORD = 32;

/** @throws InvalidRedemption unless `value` is `0x` and 40 hexadecimal digits; the checksum is not looked at here. */
export function writeAddress(into: Buffer, offset: number, field: string, value: string): void {
  if (value.length !== 42 || !value.startsWith("0x") || into.write(value.slice(2), offset + 12, 20, "hex") !== 20) {
    throw new InvalidRedemption(field, "is not 0x and 40 hexadecimal digits");
  }
}

/** @throws InvalidRedemption unless `value` is `0x` and 64 hexadecimal digits. */
export function writeBytes32(into: Buffer, offset: number, field: string, value: string): void {
  if (value.length !== 66 || !value.startsWith("0x") || into.write(value.slice(2), offset, WORD, "hex") !== WORD) {
    throw new InvalidRedemption(field, "is not 0x and 64 hexadecimal digits");
  }
}

/** @throws InvalidRedemption unless 1 <= value <= 2^32-1. */
export function writeQuantity(into: Buffer, offset: number, value: number): void {
  if (!Number.isInteger(value) || value < 1 || value > 0xffff_ffff) {
    throw new InvalidRedemption("quantity", `${value} is not in 1..2^32-1`);
  }
  into.writeUInt32BE(value, offset + WORD - 4);
}

/** @throws InvalidRedemption unless 0 <= value < 2^64. */
export function writeUint64(into: Buffer, offset: number, field: string, value: bigint): void {
  if (value < 0n || value > MAX_UINT64) throw new InvalidRedemption(field, `${value.toString()} is not in 0..2^64-1`);
  into.writeBigUInt64BE(value, offset + WORD - 8);
}

/** A length, offset or flag that this code computed itself. */
export function writeSmall(into: Buffer, offset: number, value: number): void {
  into.writeUInt32BE(value, offset + WORD - 4);
}
