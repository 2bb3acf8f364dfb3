import { ContractRefused } from "../cast/errors.ts";
import type { KeeperEvent } from "../cast/keeper.ts";
import type { Clock } from "../clock.ts";
import { castKeeperCatalogue } from "./catalogue/index.ts";
import { codeOf } from "./describe.ts";
import { type KeeperMeter, KeeperTelemetry } from "./keeper.ts";
import { OnItsWay } from "./on-its-way.ts";
import { createMetrics, type MetricsOf } from "./registry.ts";

/** The metrics of a keeper of positions. */
export function castKeeperTelemetry({ clock }: { readonly clock: Pick<Clock, "now"> }): KeeperTelemetry<KeeperEvent> {
  const { registry, metrics } = createMetrics(castKeeperCatalogue);
  return new KeeperTelemetry(registry, metrics, new CastKeeperMeter(metrics, clock));
}

const kinds = ["surveyed", "sent", "liquidated", "unconfirmed", "failed", "trouble"] as const satisfies readonly KeeperEvent["kind"][];

class CastKeeperMeter implements KeeperMeter<KeeperEvent> {
  readonly #metrics: MetricsOf<typeof castKeeperCatalogue>;
  readonly #clock: Pick<Clock, "now">;
  readonly #onItsWay = new OnItsWay();
  #surveyedAtMs: number | undefined;

  constructor(metrics: MetricsOf<typeof castKeeperCatalogue>, clock: Pick<Clock, "now">) {
    this.#metrics = metrics;
    this.#clock = clock;
    // From 0 on, so that a first event is an increase.
    for (const kind of kinds) metrics.events.inc({ kind }, 0);
    for (const gauge of [metrics.positions, metrics.uncovered, metrics.unjudged, metrics.balance, metrics.block]) gauge.remove();
  }

  hear(event: KeeperEvent): void {
    const { kind } = event;
    this.#metrics.events.inc({ kind });
    if ("error" in event) this.#metrics.errors.inc({ kind, code: codeOf(event.error), ...reasonOf(event.error) });
    switch (event.kind) {
      case "surveyed":
        this.#survey(event);
        break;
      case "sent":
        this.#onItsWay.began(event.hash, event.account, this.#clock.now());
        break;
      case "unconfirmed":
        this.#onItsWay.began(event.first, event.account, this.#clock.now());
        break;
      case "liquidated":
        this.#onItsWay.ended(event.first);
        if (!event.again) this.#metrics.repaid.inc(castOf(event.repaidD18));
        break;
      case "failed":
        if (event.first !== undefined) this.#onItsWay.ended(event.first); // else nothing was sent
        break;
      case "trouble":
    }
  }

  collect(): void {
    const { inFlight, inFlightAge, surveyAge } = this.#metrics;
    const now = this.#clock.now();
    inFlight.set(this.#onItsWay.count);
    inFlightAge.set(this.#onItsWay.age(now) / 1_000);
    surveyAge.set(this.#surveyedAtMs === undefined ? Infinity : Math.max(0, now - this.#surveyedAtMs) / 1_000);
  }

  #survey({ block, positions, uncovered, unjudged, balanceD18 }: Extract<KeeperEvent, { readonly kind: "surveyed" }>): void {
    const metrics = this.#metrics;
    metrics.block.set(block);
    metrics.positions.set(positions);
    metrics.uncovered.set(uncovered);
    metrics.unjudged.set(unjudged);
    metrics.balance.set(castOf(balanceD18));
    this.#surveyedAtMs = this.#clock.now();
  }
}

/** Whole cast tokens, as exact as a metric can be. */
const castOf = (d18: bigint): number => Number(d18) / 1e18;

/** The contract's own error: one of those that mintd knows. */
const reasonOf = (error: unknown): { readonly reason?: string } =>
  error instanceof ContractRefused && error.reason !== "" ? { reason: error.reason } : {};
