import { levelDepth, type Order, type OrderEvent, type OrderStateKind } from "../order/index.ts";
import type { Metrics } from "./registry.ts";

/** How an order went from one state to the next. */
export interface Transition {
  readonly from: OrderStateKind | "unknown";
  readonly to: OrderStateKind;
  /** Milliseconds in state `from`, at least 0; 0 for a request, which ends no state. */
  readonly ms: number;
}

/** The confirmation level that a state is; `none` where it is none. */
export const levelOf = (state: OrderStateKind): string => (state in levelDepth ? state : "none");

/**
 * Counts and times what happens to orders. Called for each event of each order, so it allocates little, remembers the
 * labelled children, and takes about a microsecond.
 */
export class TransitionMeter {
  readonly #metrics: Metrics;
  readonly #latencies = new Map<string, (ms: number) => void>();
  readonly #counts = new Map<OrderStateKind, () => void>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** To be told after each event is durable. */
  observe(order: Order, event: OrderEvent, before: Order | undefined): Transition {
    const to = event.kind;
    this.#count(to);
    if (!before) return { from: "unknown", to, ms: 0 };
    const from = before.kind;
    const ms = this.#elapsed(before.changedAt, order.changedAt);
    this.#latency(from, to)(ms);
    return { from, to, ms };
  }

  /** The system's clock may be set back between two events; time that would be negative is none, and is counted. */
  #elapsed(since: number, until: number): number {
    if (until >= since) return until - since;
    this.#metrics.clockSteps.inc();
    return 0;
  }

  #count(state: OrderStateKind): void {
    let count = this.#counts.get(state);
    if (!count) {
      const child = this.#metrics.orders.labels({ state });
      count = () => {
        child.inc();
      };
      this.#counts.set(state, count);
    }
    count();
  }

  #latency(from: OrderStateKind, to: OrderStateKind): (ms: number) => void {
    const key = `${from}>${to}`;
    let observe = this.#latencies.get(key);
    if (!observe) {
      const child = this.#metrics.latency.labels({ level: levelOf(to), from, to });
      observe = (ms) => {
        child.observe(ms);
      };
      this.#latencies.set(key, observe);
    }
    return observe;
  }
}
