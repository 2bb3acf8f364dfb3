import { IdempotencyConflict } from "./errors.ts";
import type { MintRequest, OrderEvent, VoucherBinding } from "./events.ts";
import { decide, evolve, type Order } from "./order.ts";

/** What became of a request: accepted now, accepted before with the same content, or refused because the content differs. */
export type RequestOutcome =
  | { readonly outcome: "accepted"; readonly order: Order }
  | { readonly outcome: "known"; readonly order: Order }
  | { readonly outcome: "conflict"; readonly error: IdempotencyConflict };

/**
 * The events with which an order begins; with a voucher it is authorised at once.
 * @param at milliseconds since the epoch
 */
export function beginningOf(request: MintRequest, voucher: VoucherBinding | undefined, at: number): OrderEvent[] {
  const { orderId } = request;
  const requested = decide({ kind: "request", request }, undefined, orderId);
  if (!voucher) return requested;
  const order = requested.reduce<Order | undefined>((before, event) => evolve(before, event, orderId, at), undefined);
  return [...requested, ...decide({ kind: "authorise", voucher }, order, orderId)];
}

/** What becomes of a request whose id has an order already: the same content, or another one, which is refused. */
export function compareWith(order: Order, request: MintRequest): RequestOutcome {
  const was = order.request;
  // An order adopted from the chain's past says nothing of its URI.
  const fields =
    was.key === null && was.uriDigest === ""
      ? (["minter", "to", "quantity"] as const)
      : (["minter", "to", "quantity", "uriDigest"] as const);
  const differences = fields.filter((field) => was[field] !== request[field]);
  if (differences.length === 0) return { outcome: "known", order };
  const words = differences.map((field) => `${field} was ${String(was[field])}, is now ${String(request[field])}`).join("; ");
  return { outcome: "conflict", error: new IdempotencyConflict(request.orderId, request.key, words) };
}
