/** Nonces of vouchers: the hybrid nonce that is signed, and the dense numbers behind it. */
export * from "./clock/index.ts";
export { alignToSecond, compute, HybridNonceOutOfRange, MAX_UINT64, ofSecond } from "./hybrid-nonce.ts";
export {
  drawnSlice,
  InvalidReservation,
  MAX_RESERVATION,
  NUMBERS_PER_WORD,
  UnreadableLease,
  VoucherNonces,
  VoucherNumbersContended,
  voucherNumbersStream,
  VoucherNumbersExhausted,
  type VoucherNoncesOptions,
} from "./voucher-nonces.ts";
export { type Leases, readLeases } from "./leases.ts";
export { checkShards, InvalidShardCount, MAX_SHARDS, shardOf } from "./shards.ts";
