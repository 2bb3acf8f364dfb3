/** Nonces of vouchers: the hybrid nonce that is signed, and the dense numbers behind it. */
export { type BlockLimits, blockLimits, nextWords } from "./block-size.ts";
export * from "./clock/index.ts";
export * from "./errors.ts";
export { alignToSecond, compute, HybridNonceOutOfRange, MAX_UINT64, ofSecond } from "./hybrid-nonce.ts";
export { type Holding, type NumberState, voucherNumbersStream } from "./number-events.ts";
export { type Lease, MAX_WORDS, NumberLedger, type NumberLedgerOptions, NUMBERS_PER_WORD } from "./number-ledger.ts";
export { OwnWords } from "./own-words.ts";
export { checkRoute, type Route, routeOf, RoutingDrift, type ShardMap } from "./routing.ts";
export { CounterOverflow, DEFAULT_SHARDS, InvalidCount, MAX_BLOCK, MAX_COUNT, ShardedCounter } from "./sharded-counter.ts";
export { ShardKeeper, type ShardKeeperOptions } from "./shard-keeper.ts";
export { checkShards, InvalidShardCount, MAX_SHARDS, shardOf } from "./shards.ts";
export {
  isDrift,
  LOCAL_NODE,
  MAX_RESERVATION,
  type ReservationCounts,
  type Rerouting,
  VoucherNonces,
  type VoucherNoncesOptions,
} from "./voucher-nonces.ts";
export { drawnSlice } from "./slices.ts";
