import { longLatency, type Definition } from "./definition.ts";

/** Orders and voucher numbers. */
export const orderMetrics = {
  latency: {
    name: "state_transition_latency_ms",
    type: "histogram",
    group: "orders",
    unit: "ms",
    meaning:
      "time that an order spent in state `from` before it went to state `to`, both as stamped when the event was recorded; `level` is the confirmation level that `to` is (tentative, auditable, final), else none. A request begins an order and ends no state: it is counted in mintd_orders_total alone",
    labels: ["level", "from", "to"],
    buckets: longLatency,
  },
  orders: {
    name: "mintd_orders_total",
    type: "counter",
    group: "orders",
    unit: "events",
    meaning: "orders that reached the state, as often as they did",
    labels: ["state"],
  },
  open: {
    name: "mintd_orders_open",
    type: "gauge",
    group: "orders",
    unit: "orders",
    meaning: "orders accepted and neither final nor rejected; those whose vouchers are with their holders are among them",
    labels: [],
  },
  clockSteps: {
    name: "mintd_clock_steps_total",
    type: "counter",
    group: "orders",
    unit: "events",
    meaning:
      "transitions that were stamped before the event they follow, because the system's clock was set back; their latency counts as 0",
    labels: [],
  },
  numbers: {
    name: "mintd_voucher_numbers_reserved_total",
    type: "counter",
    group: "numbers",
    unit: "numbers",
    meaning: "voucher numbers given out",
    labels: [],
  },
  reservations: {
    name: "mintd_voucher_reservations_total",
    type: "counter",
    group: "numbers",
    unit: "reservations",
    meaning: "calls that voucher numbers were given out to",
    labels: [],
  },
  drifted: {
    name: "mintd_voucher_routes_drifted_total",
    type: "counter",
    group: "numbers",
    unit: "attempts",
    meaning:
      "attempts to reserve that were routed by another map than the present one, or to a node that had lost the shard, and made again",
    labels: [],
  },
  leases: {
    name: "mintd_voucher_leases",
    type: "gauge",
    group: "numbers",
    unit: "leases",
    meaning: "leases of words of the minter's bitmap, since the store began",
    labels: [],
  },
} as const satisfies Record<string, Definition>;
