/** Vouchers: EIP-712 types, digests, calldata, signing and recovery. Pure but for the signer port. */
export {
  CAST_UNIT_D18,
  MAX_BATCH,
  MAX_SKEW_SECONDS,
  minterAbi,
  minterErrors,
  positionErrors,
  skipReasons,
  VALIDITY_SECONDS,
  type SkipReason,
} from "./abi.ts";
export { encodeRedeem, encodeRedeemBatch, encodeRedeemMany } from "./calldata.ts";
export { batchDigest, voucherDigest } from "./digest.ts";
export * from "./errors.ts";
export {
  decodeCancelled,
  decodeMinted,
  decodeSkipped,
  MINTED_TOPIC,
  VOUCHER_SKIPPED_TOPIC,
  VOUCHERS_CANCELLED_TOPIC,
  type Minted,
  type RawLog,
  type VouchersCancelled,
  type VoucherSkipped,
} from "./logs.ts";
export {
  keyBytes,
  nativeSigner,
  recover,
  recoverVoucher,
  signVoucher,
  toHex,
  type DigestSigner,
  type LocalSigner,
  type SigningBackend,
} from "./signer.ts";
export {
  orderIdOf,
  parseSignedVoucher,
  signedVoucherToJson,
  uriDigestOf,
  type Redemption,
  type SignedVoucher,
  type SignedVoucherJson,
  type VoucherDomain,
} from "./voucher.ts";
