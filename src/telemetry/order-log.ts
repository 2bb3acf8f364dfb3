import type { Logger } from "pino";
import type { Order, OrderStateKind } from "../order/index.ts";
import { scrub } from "./describe.ts";
import type { Transition } from "./transitions.ts";

/** States that a person wants to see without asking for more: how orders end, and what takes them off their way. */
const notable = new Set<OrderStateKind>(["final", "rejected", "failed", "unconfirmed"]);

/** Writes a line about a transition: at `info` where it is notable, else at `debug`. */
export function logTransition(log: Logger, order: Order, { from, to, ms }: Transition): void {
  const level = notable.has(to) ? "info" : "debug";
  if (!log.isLevelEnabled(level)) return;
  const { request, carrier, inclusion, reason } = order;
  log[level](
    {
      orderId: request.orderId,
      ...(carrier && { lane: carrier.lane, nonce: carrier.nonce }),
      ...((inclusion ?? carrier) && { txHash: inclusion?.txHash ?? carrier?.hash }),
      ...(inclusion && { block: inclusion.block }),
      from,
      to,
      ms,
      ...(reason !== undefined && { reason: scrub(reason) }),
    },
    `order ${to}`,
  );
}
