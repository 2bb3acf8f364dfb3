import { MAX_UINT64 } from "../nonce/hybrid-nonce.ts";
import { InvalidRedemption } from "../voucher/errors.ts";
import type { Redemption } from "../voucher/voucher.ts";
import { WORD, writeAddress, writeBytes32, writeQuantity, writeUint64 } from "../voucher/words.ts";

/** Bytes of a packed redemption: the six ABI words of the contract's struct, in its order. */
export const PACKED_BYTES = 6 * WORD;

/** Bytes of a signature r‖s‖v. */
export const SIGNATURE_BYTES = 65;

/**
 * Redemptions as one piece of memory, which goes to a thread at the price of a copy.
 * @throws InvalidRedemption naming the field; so no thread meets a redemption that it cannot sign
 */
export function pack(redemptions: readonly Redemption[]): Uint8Array<ArrayBuffer> {
  const memory = new Uint8Array(redemptions.length * PACKED_BYTES); // not of Buffer's pool, which must not leave this thread
  const into = Buffer.from(memory.buffer);
  for (const [i, redemption] of redemptions.entries()) packOne(redemption, into, i * PACKED_BYTES);
  return memory;
}

function packOne(redemption: Redemption, into: Buffer, at: number): void {
  const { to, quantity, txCount, alignedSecond, orderId, uriDigest } = redemption;
  if (!Number.isSafeInteger(alignedSecond)) throw new InvalidRedemption("alignedSecond", `${alignedSecond} is not a whole number`);
  writeAddress(into, at, "to", to);
  writeQuantity(into, at + WORD, quantity);
  writeUint64(into, at + 2 * WORD, "txCount", txCount);
  writeUint64(into, at + 3 * WORD, "alignedSecond", BigInt(alignedSecond));
  writeBytes32(into, at + 4 * WORD, "orderId", orderId);
  writeBytes32(into, at + 5 * WORD, "uriDigest", uriDigest);
}

/** What `pack` was given, addresses in lower case. */
export function unpack(packed: Uint8Array): Redemption[] {
  const from = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  return Array.from({ length: packed.length / PACKED_BYTES }, (_, i) => {
    const at = i * PACKED_BYTES;
    return {
      to: `0x${from.toString("hex", at + 12, at + WORD)}`,
      quantity: from.readUInt32BE(at + 2 * WORD - 4),
      txCount: from.readBigUInt64BE(at + 3 * WORD - 8),
      alignedSecond: Number(from.readBigUInt64BE(at + 4 * WORD - 8)),
      orderId: `0x${from.toString("hex", at + 4 * WORD, at + 5 * WORD)}`,
      uriDigest: `0x${from.toString("hex", at + 5 * WORD, at + 6 * WORD)}`,
    };
  });
}

const scratch = Buffer.alloc(PACKED_BYTES);

/**
 * What is asked for can become a voucher; what number and second it gets does not matter to that.
 * @throws InvalidRedemption
 */
export function checkSignable(request: Pick<Redemption, "to" | "quantity" | "orderId" | "uriDigest">): void {
  packOne({ ...request, txCount: MAX_UINT64, alignedSecond: 0 }, scratch, 0);
  if (scratch.subarray(12, WORD).every((byte) => byte === 0)) throw new InvalidRedemption("to", "is the zero address");
}
