import type { IdempotencyConflict, MintRequest, Order, RequestOutcome, VoucherBinding } from "../order/index.ts";
import type { Redemption, SignedVoucher } from "../voucher/index.ts";
import { hasPassed } from "./window.ts";

/** What became of one request. */
export type Issued =
  /** Now; before, and it still holds, so this is the same voucher; or before, its window passed, and this is a new window. */
  | { readonly outcome: "issued" | "repeated" | "renewed"; readonly orderId: string; readonly voucher: SignedVoucher }
  /** Its window has passed and `renew` was not asked for. */
  | { readonly outcome: "expired"; readonly orderId: string; readonly number: string; readonly second: number }
  /** mintd mints the order itself, or its mint is in a block, or is final. */
  | { readonly outcome: "underway" | "minted"; readonly orderId: string }
  | { readonly outcome: "rejected"; readonly orderId: string; readonly reason: string }
  /** The id was accepted before with other content. */
  | { readonly outcome: "conflict"; readonly orderId: string; readonly error: IdempotencyConflict };

/** What a request is to get, before anything of it is signed. */
export type Ruling =
  | Exclude<Issued, { readonly voucher: unknown }>
  | { readonly outcome: "issued" | "repeated" | "renewed"; readonly request: MintRequest; readonly binding: VoucherBinding };

/** How one append is issued. */
export interface Setting {
  readonly now: number;
  /** The second that the new windows of this append begin with; the same each time. @throws as the clock, WindowOutOfRange */
  readonly from: () => number;
  readonly user: string;
  readonly renew: boolean;
}

/** To be signed and handed out. */
export type Bound = Extract<Ruling, { readonly binding: unknown }>;

/** To be bound to the window that was asked for: with the number it has, or one of its own. */
export interface Unbound {
  readonly outcome: "issued" | "renewed";
  readonly request: MintRequest;
  readonly number: string | undefined;
}

export const isUnbound = (ruling: Ruling | Unbound): ruling is Unbound => "number" in ruling && "request" in ruling;
export const isRuled = (ruling: Ruling | Unbound): ruling is Ruling => !isUnbound(ruling);

/** What a request is to get, by what the book says of its order. Pure. */
export function ruling(request: MintRequest | undefined, outcome: RequestOutcome, setting: Setting): Ruling | Unbound {
  if (!request) throw new TypeError("every outcome has its request");
  const { orderId } = request;
  if (outcome.outcome === "conflict") return { outcome: "conflict", orderId, error: outcome.error };
  const { order } = outcome;
  if (outcome.outcome === "accepted" && order.voucher) return { outcome: "issued", request, binding: order.voucher };
  return ofKnown(request, order, setting);
}

function ofKnown(request: MintRequest, order: Order, { now, renew }: Setting): Ruling | Unbound {
  const { orderId } = request;
  const { kind, voucher, inclusion, reason } = order;
  if (kind === "requested") return { outcome: "issued", request, number: undefined };
  if (kind === "rejected") return { outcome: "rejected", orderId, reason: reason ?? "" };
  if (inclusion !== undefined || kind === "final") return { outcome: "minted", orderId };
  if (kind !== "authorised" || !voucher) return { outcome: "underway", orderId };
  if (!hasPassed(voucher.second, now)) return { outcome: "repeated", request, binding: voucher };
  if (renew) return { outcome: "renewed", request, number: voucher.number };
  return { outcome: "expired", orderId, ...voucher };
}

/** What is signed. */
export function redemptionOf({ request, binding }: Bound): Redemption {
  const { to, quantity, orderId, uriDigest } = request;
  return { to, quantity, txCount: BigInt(binding.number), alignedSecond: binding.second, orderId, uriDigest };
}

/** Why a single voucher was not issued, and what to do. */
export function whyNot(issued: Exclude<Issued, { readonly voucher: unknown }>): [string, string] {
  switch (issued.outcome) {
    case "expired":
      return [
        `its voucher ${issued.number} has expired: it held from second ${issued.second}`,
        "ask for it to be renewed: it keeps its number and gets a new window",
      ];
    case "rejected":
      return [`it was rejected: ${issued.reason}`, "use a new id for a new mint"];
    case "conflict":
      return [issued.error.message, "use a new id for a new mint"];
    case "underway":
      return ["mintd is minting it itself", "see how far it is: npx hardhat order:show"];
    case "minted":
      return ["it is minted already", "use a new id for a new mint"];
  }
}
