import { MintdError } from "../error.ts";
import { keccak256 } from "../keccak/index.ts";

/** Largest `txCount` (a voucher's number) and `alignedSecond` that the contract's calldata can carry: uint64. */
export const MAX_UINT64 = 2n ** 64n - 1n;

/** A number that does not fit the hybrid nonce's types: txCount uint64, second uint64, milliseconds not negative. */
export class HybridNonceOutOfRange extends MintdError {
  readonly code = "HYBRID_NONCE_OUT_OF_RANGE";
  constructor(name: string, value: bigint | number) {
    super(`${name} ${String(value)} is outside 0..2^64-1`, { hint: "take voucher numbers from VoucherNonces and times from BlockClock" });
  }
}

/**
 * The hybrid nonce of a voucher at a local time: binds the voucher's number to a window of time.
 * Same bytes as HybridNonce.compute in contracts/mint: `ofSecond(txCount, localMs / 1000)`, rounded down.
 * @param txCount the voucher's number, 0..2^64-1
 * @param localMs milliseconds since the epoch by the disciplined clock, >= 0
 * @returns 32 bytes
 * @throws HybridNonceOutOfRange
 */
export function compute(txCount: bigint, localMs: number): Buffer {
  return ofSecond(txCount, alignToSecond(localMs));
}

/**
 * The whole second that a local time lies in.
 * @param localMs milliseconds since the epoch, >= 0
 * @throws HybridNonceOutOfRange
 */
export function alignToSecond(localMs: number): number {
  if (!(localMs >= 0 && localMs <= Number.MAX_SAFE_INTEGER)) throw new HybridNonceOutOfRange("localMs", localMs);
  return Math.floor(localMs / 1000);
}

/**
 * keccak256(abi.encodePacked(uint256 txCount, uint64 alignedSecond)), as HybridNonce.ofSecond in contracts/mint.
 * @param alignedSecond whole seconds since the epoch, 0..2^64-1
 * @returns 32 bytes
 * @throws HybridNonceOutOfRange
 */
export function ofSecond(txCount: bigint, alignedSecond: number | bigint): Buffer {
  if (txCount < 0n || txCount > MAX_UINT64) throw new HybridNonceOutOfRange("txCount", txCount);
  const second = wholeSecond(alignedSecond);
  const packed = Buffer.alloc(40); // uint256 ‖ uint64; the upper 24 bytes of a uint64 in a uint256 are zero
  packed.writeBigUInt64BE(txCount, 24);
  packed.writeBigUInt64BE(second, 32);
  return keccak256(packed);
}

function wholeSecond(value: number | bigint): bigint {
  const whole = typeof value === "bigint" || Number.isSafeInteger(value);
  const second = whole ? BigInt(value) : -1n;
  if (second < 0n || second > MAX_UINT64) throw new HybridNonceOutOfRange("alignedSecond", value);
  return second;
}
