/** Durable nonces for any project: what both libraries' forms have in common. Their doors are ethers.ts and viem.ts. */
export { FeeCapReached, type Fees } from "../chain/fees/fees.ts";
export { ChainMismatch, FinalBlocksLost, GenesisMismatch } from "../chain/identity-errors.ts";
export { type LaneState, readLane } from "../chain/lane/lane-ledger.ts";
export { RpcRefused, RpcUnanswered } from "../chain/rpc/rpc.ts";
export { MintdError } from "../error.ts";
export * from "./errors.ts";
export {
  type Included,
  LaneNonces,
  type LaneNoncesParts,
  type PendingNonce,
  type Recorded,
  type Sending,
  type Which,
} from "./lane-nonces.ts";
export type { DurableNotice } from "./notices.ts";
export type { DurableOptions } from "./options.ts";
export type { Change, Content, Signed, TransactionKit } from "./transactions.ts";
