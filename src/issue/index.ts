/** Stage 1 of a mint: vouchers are issued, signed and looked after without a chain. */
export { checkBatchId, keyInBatch, newBatchId, requestsOfBatch } from "./batch.ts";
export { type BulkSigner, inline } from "./bulk-signer.ts";
export { cancellableOrders, cancellableWord, hasNumber, mergeWords, NotCancellable } from "./cancellable.ts";
export * from "./errors.ts";
export { byWord, expiredVouchers, isHandedOut, type VoucherWord } from "./expired.ts";
export { type IssueOptions, Issuer, type IssuerParts, MAX_ISSUE } from "./issuer.ts";
export type { Issued } from "./ruling.ts";
export { SigningPool, type SigningPoolOptions } from "./signing-pool.ts";
export { type Expected, type Verdict, verifyVoucher } from "./verify.ts";
export { checkWindow, hasPassed, isAhead, MAX_AHEAD_SECONDS } from "./window.ts";
