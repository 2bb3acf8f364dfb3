import murmurhash from "murmurhash";
import { MintdError } from "../error.ts";

export const MAX_SHARDS = 65_536;

/** The number of shards is no power of two from 1 to 65,536. */
export class InvalidShardCount extends MintdError {
  readonly code = "INVALID_SHARD_COUNT";
  constructor(shards: number) {
    super(`${shards} shards: must be a power of two from 1 to ${MAX_SHARDS}`, { hint: "for example 1, 16 or 256" });
  }
}

/** Whether it is a power of two from 1 to 65,536. */
export function isShardCount(shards: number): boolean {
  // Above 2^31 the bits would be cut off, so the range comes first.
  return Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS && (shards & (shards - 1)) === 0;
}

/** @throws InvalidShardCount */
export function checkShards(shards: number): void {
  if (!isShardCount(shards)) throw new InvalidShardCount(shards);
}

/**
 * The shard of a user: MurmurHash3 x86 32 (seed 0, Austin Appleby's MurmurHash3.cpp) of the name's UTF-8 bytes, its low bits.
 * The same for ever and on every machine: voucher numbers are leased by shard.
 *
 * @param shards a power of two from 1 to 65,536
 * @returns 0 to shards - 1
 * @throws InvalidShardCount
 *
 * @example
 * shardOf("default/0x70997970c51812dc3a010c7d01b50e0d17dc79c8", 16); // 0 to 15
 */
export function shardOf(user: string, shards: number): number {
  checkShards(shards);
  return murmurhash.v3(Buffer.from(user, "utf8"), 0) & (shards - 1); // given a string, the library makes an encoder each time
}
