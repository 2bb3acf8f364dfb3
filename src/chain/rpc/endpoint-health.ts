import type { Clock } from "../../clock.ts";

/** Weight of the newest sample in the moving averages: about the last ten calls count. */
const weight = 0.2;
/** Two calls in a row without an answer make an endpoint suspect. */
const suspectAbove = 0.35;
/** A suspect endpoint is given another chance after this long. */
const suspectForMs = 5_000;

/** How well an endpoint answers: latency and share of unanswered calls, as exponential moving averages. */
export class EndpointHealth {
  readonly #clock: Clock;
  #latencyMs: number | undefined;
  #errorRate = 0;
  #failedAt = -Infinity;
  #requests = 0;
  #errors = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An answer, be it an error of the node's own, after `ms`. */
  answered(ms: number): void {
    this.#requests++;
    this.#latencyMs = this.#latencyMs === undefined ? ms : this.#latencyMs + weight * (ms - this.#latencyMs);
    this.#errorRate *= 1 - weight;
  }

  /** No answer. */
  unanswered(): void {
    this.#requests++;
    this.#errors++;
    this.#errorRate += weight * (1 - this.#errorRate);
    this.#failedAt = this.#clock.now();
  }

  /** Milliseconds; undefined before the first answer. */
  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  /** 0 to 1. */
  get errorRate(): number {
    return this.#errorRate;
  }

  get requests(): number {
    return this.#requests;
  }

  get errors(): number {
    return this.#errors;
  }

  /** Failed often, and lately. */
  get isSuspect(): boolean {
    return this.#errorRate > suspectAbove && this.#clock.now() - this.#failedAt < suspectForMs;
  }

  /** Lower is better: milliseconds, and an endpoint that fails half of the time counts as six times as slow. */
  get cost(): number {
    return (this.#latencyMs ?? Infinity) * (1 + 10 * this.#errorRate);
  }
}
