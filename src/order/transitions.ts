import type { OrderStateKind } from "./events.ts";

/**
 * Which events may follow which state; `unknown` is an order that does not exist yet. The diagram in docs/order.md is
 * drawn from this table; nothing else knows it.
 *
 * A mint proven by a log outranks what the service believes: an order may be included at any time,
 * because anybody may submit a voucher and because a crash may hide our own broadcast from us. One that a reorg took back
 * may also lose its carrier afterwards: it is unconfirmed then for another reason.
 *
 * An order that has a voucher is rejected when nobody can redeem it any more, and not before: its number was cancelled on
 * chain (VOUCHER_CANCELLED, the one reason where its holder alone has the voucher), or a final block is past the window of
 * every voucher it had. Until then one that was refused is `failed`, and not tried again. `decide` sees to it.
 */
export const transitions = {
  unknown: ["requested"],
  requested: ["authorised", "tentative", "rejected"],
  authorised: ["authorised", "assigned", "tentative", "rejected"],
  assigned: ["broadcast", "tentative", "unconfirmed", "failed"],
  broadcast: ["broadcast", "tentative", "unconfirmed", "failed"],
  tentative: ["auditable", "unconfirmed"],
  auditable: ["final", "unconfirmed"],
  final: [],
  unconfirmed: ["authorised", "broadcast", "tentative", "unconfirmed", "failed"],
  rejected: [],
  failed: ["compensating", "tentative"],
  compensating: ["authorised", "tentative", "rejected", "failed"],
} as const satisfies Record<OrderStateKind | "unknown", readonly OrderStateKind[]>;

/** States that no event follows. */
export const isClosed = (kind: OrderStateKind): boolean => transitions[kind].length === 0;

/** Whether the table lets `event` follow `state`. */
export function allows(state: OrderStateKind | "unknown", event: OrderStateKind): boolean {
  return (transitions[state] as readonly OrderStateKind[]).includes(event);
}

/** The table as a Mermaid state diagram. */
export function diagram(): string {
  const arrows = Object.entries(transitions).flatMap(([from, to]) =>
    to.map((kind) => `  ${from === "unknown" ? "[*]" : from} --> ${kind}`),
  );
  const ends = Object.entries(transitions).flatMap(([from, to]) => (to.length === 0 ? [`  ${from} --> [*]`] : []));
  return ["stateDiagram-v2", ...arrows, ...ends].join("\n");
}
