/** Level of confirmation of an included order: `tentative` at depth 1, `auditable` at 12, `final` at 32. */
export type Level = "tentative" | "auditable" | "final";

/** Depth (canonical blocks at or above the including block) from which a level holds. */
export const levelDepth = { tentative: 1, auditable: 12, final: 32 } as const satisfies Record<Level, number>;

/** What was asked for. Fixed for the life of the order. */
export interface MintRequest {
  /** bytes32, derived from tenant and idempotency key; the name of the order on chain too. */
  readonly orderId: string;
  readonly tenant: string;
  /** The caller's idempotency key; null where the order was adopted from a signed voucher, which carries the id alone. */
  readonly key: string | null;
  /** Checksummed address that receives the tokens. */
  readonly to: string;
  /** Tokens to mint, at least 1. */
  readonly quantity: number;
  /** keccak256 of the token's URI, zero bytes for none. */
  readonly uriDigest: string;
  /** Contract that mints it. The book that accepts the order stamps its own, so that no other contract ever mints it too. */
  readonly minter?: string;
}

/** The voucher number an order keeps for life, and the second its present voucher is bound to. */
export interface VoucherBinding {
  /** Dense pre-allocated number, decimal: it is a uint64 and JSON has no such thing. */
  readonly number: string;
  /** Chain time in whole seconds since the epoch. */
  readonly second: number;
}

/** Why an order can be minted no more by itself: what its receiver, or the contract, said of it when it was tried. */
export interface Refusal {
  /** A code of a rejected order, e.g. RECIPIENT_REFUSES. */
  readonly code: string;
  /** Second of a voucher that an endpoint was shown and that is not recorded otherwise. */
  readonly second?: number;
}

/** The nonce whose transaction mints the order. Several attempts may stand for it; the chain takes one of them. */
export interface CarrierNonce {
  /** Address of the lane. */
  readonly lane: string;
  readonly nonce: number;
}

/** The signed transaction that carries the order. */
export interface Carrier extends CarrierNonce {
  readonly hash: string;
}

/** Where the chain proves the mint. */
export interface Inclusion {
  readonly block: number;
  readonly blockHash: string;
  readonly txHash: string;
  /** First token minted, decimal. */
  readonly firstTokenId: string;
}

/** An event's kind names the state it leads to. */
export type OrderEvent =
  | { readonly kind: "requested"; readonly data: Omit<MintRequest, "orderId"> }
  | { readonly kind: "authorised"; readonly data: VoucherBinding }
  | { readonly kind: "assigned"; readonly data: Carrier }
  | { readonly kind: "broadcast"; readonly data: Carrier }
  | { readonly kind: "tentative"; readonly data: Inclusion }
  | { readonly kind: "auditable"; readonly data: { readonly head: number } }
  | { readonly kind: "final"; readonly data: { readonly head: number } }
  | { readonly kind: "unconfirmed"; readonly data: { readonly reason: UnconfirmedReason } }
  | { readonly kind: "rejected"; readonly data: { readonly code: string; readonly reason: string } }
  | { readonly kind: "failed"; readonly data: { readonly txHash: string; readonly reason: string; readonly refusal?: Refusal } }
  | { readonly kind: "compensating"; readonly data: { readonly reason: string } };

/** Why an order that was on its way is not on the canonical chain. */
export type UnconfirmedReason =
  | "reorg"
  | "skipped-expired"
  /** Another transaction of the lane's nonce is final. */
  | "nonce-taken"
  /** Another order's mint used the voucher's number up, and is final: the order gets a new one, since the old can mint no more. */
  | "number-taken";

export type OrderStateKind = OrderEvent["kind"];
