import { MintdError } from "../error.ts";
import type { OrderStateKind } from "./events.ts";

/** The state machine does not let this event follow this state. Nothing was written. */
export class IllegalTransition extends MintdError {
  readonly code = "ILLEGAL_TRANSITION";
  readonly orderId: string;
  readonly from: OrderStateKind | "unknown";
  readonly event: OrderStateKind;

  constructor(orderId: string, from: OrderStateKind | "unknown", event: OrderStateKind) {
    super(`order ${orderId}: '${event}' cannot follow '${from}'`, { hint: `see its history: npx hardhat order:show ${orderId}` });
    this.orderId = orderId;
    this.from = from;
    this.event = event;
  }
}

/** An order was to be given another voucher number. The number is what makes every repeat harmless, so it never changes. */
export class VoucherNumberChanged extends MintdError {
  readonly code = "VOUCHER_NUMBER_CHANGED";
  constructor(orderId: string, kept: string, offered: string) {
    super(`order ${orderId} keeps voucher number ${kept} for life; ${offered} was offered`);
  }
}

/** The id is taken by an order with other content: same idempotency key, other recipient, quantity or URI. */
export class IdempotencyConflict extends MintdError {
  readonly code = "IDEMPOTENCY_CONFLICT";
  readonly orderId: string;
  constructor(orderId: string, key: string | null, difference: string) {
    super(`order ${key === null ? orderId : `'${key}'`} was accepted before with other content: ${difference}`, {
      hint: "use a new id for a new mint; the accepted order is unchanged",
    });
    this.orderId = orderId;
  }
}

/** No order of this id is recorded here. */
export class OrderNotFound extends MintdError {
  readonly code = "ORDER_NOT_FOUND";
  constructor(orderId: string) {
    super(`no order ${orderId} in this store`, {
      hint: "check the id, the tenant and the network; ids are derived from tenant and idempotency key",
    });
  }
}

/** As many vouchers are with their holders as may be. Nothing was written. */
export class TooManyIssuedVouchers extends MintdError {
  readonly code = "TOO_MANY_ISSUED_VOUCHERS";
  constructor(limit: number) {
    super(`${limit} vouchers may be with their holders at the same time, and these would be more`, {
      hint: "cancel those that have expired, npx hardhat voucher:cancel --expired, or raise orders.maxIssued; what is redeemed makes room when it is final",
    });
  }
}

/** The book holds as many open orders as it may. */
export class TooManyOpenOrders extends MintdError {
  readonly code = "TOO_MANY_OPEN_ORDERS";
  constructor(limit: number) {
    super(`${limit} orders may be open at the same time, and these would be more`, {
      hint: "wait until some are final, or raise orders.maxOpen",
    });
  }
}
