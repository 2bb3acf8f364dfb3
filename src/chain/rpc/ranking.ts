import type { Endpoint } from "./endpoint.ts";

/** How an endpoint does, for people and metrics. */
export interface EndpointState {
  /** Host alone. */
  readonly host: string;
  /** Whether it is read without hesitation. */
  readonly healthy: boolean;
  /** Why it is not. */
  readonly reason: string | undefined;
  /** Moving average; undefined before the first answer. */
  readonly latencyMs: number | undefined;
  /** Newest block that it told of. */
  readonly head: number | undefined;
  /** Blocks behind the best known head. */
  readonly lagBlocks: number | undefined;
  readonly breaker: "closed" | "open" | "half-open";
  readonly inFlight: number;
  readonly queued: number;
  /** HTTP requests since the start, and those of them without an answer. */
  readonly requests: number;
  readonly errors: number;
}

/** An endpoint must cost this many times as much as the best one before the reads leave it, so that they do not wander. */
const muchDearer = 3;
/** And by so many milliseconds: between two quick nodes a factor says nothing. */
const noticeableMs = 50;

/** Who is read first. */
export class Ranking {
  readonly #endpoints: readonly Endpoint[];
  readonly #lagBlocks: number;
  #preferred: Endpoint | undefined;

  /** @param endpoints in the order of trust */
  constructor(endpoints: readonly Endpoint[], lagBlocks: number) {
    this.#endpoints = endpoints;
    this.#lagBlocks = lagBlocks;
  }

  /**
   * The endpoints that may be read: the one that was read last, then the healthy ones by cost, then those that failed
   * lately. One that lags, is forked or on another chain is not among them.
   */
  readers(): Endpoint[] {
    const readable = this.#endpoints.filter((endpoint) => this.#isReadable(endpoint));
    const rank = (endpoint: Endpoint) => (this.isHealthy(endpoint) ? (endpoint === this.#preferred ? 0 : 1) : 2);
    return readable.toSorted((a, b) => rank(a) - rank(b) || difference(a.health.cost, b.health.cost));
  }

  /** It may be read, and it answers. */
  isHealthy(endpoint: Endpoint): boolean {
    return this.#reason(endpoint) === undefined;
  }

  /** Reads stay with this one while it is healthy. */
  prefer(endpoint: Endpoint): void {
    this.#preferred = endpoint;
  }

  /** Gives up the preferred endpoint where another one is much better. */
  reconsider(): void {
    const cost = this.#preferred?.health.cost ?? 0;
    const dear = this.#endpoints.some(
      (each) => this.isHealthy(each) && cost > muchDearer * each.health.cost && cost > each.health.cost + noticeableMs,
    );
    if (dear) this.#preferred = undefined;
  }

  snapshot(): EndpointState[] {
    return this.#endpoints.map((endpoint) => {
      const { name, head, breaker, inFlight, queued, health } = endpoint;
      const { latencyMs, requests, errors } = health;
      const reason = this.#reason(endpoint);
      const lagBlocks = this.#lagOf(endpoint);
      return { host: name, healthy: reason === undefined, reason, latencyMs, head, lagBlocks, breaker, inFlight, queued, requests, errors };
    });
  }

  #isReadable(endpoint: Endpoint): boolean {
    return this.#unreadable(endpoint) === undefined;
  }

  #unreadable(endpoint: Endpoint): string | undefined {
    const lag = this.#lagOf(endpoint) ?? 0;
    if (endpoint.mismatch) return "it serves another chain";
    if (endpoint.forked) return "it is on a fork";
    return lag > this.#lagBlocks ? `it lags ${lag} blocks behind` : undefined;
  }

  #reason(endpoint: Endpoint): string | undefined {
    const unreadable = this.#unreadable(endpoint);
    if (unreadable !== undefined) return unreadable;
    if (endpoint.breaker !== "closed") return "it failed often and is left alone for a while";
    if (!endpoint.verified) return "it has not told its chain yet";
    return endpoint.health.isSuspect ? "it failed lately" : undefined;
  }

  /** Undefined where nothing is known of its head. */
  #lagOf(endpoint: Endpoint): number | undefined {
    const heads = this.#endpoints.flatMap(({ head, forked, mismatch }) => (head === undefined || forked || mismatch ? [] : head));
    if (endpoint.head === undefined || heads.length === 0) return undefined;
    return Math.max(0, Math.max(...heads) - endpoint.head);
  }
}

/** Equal where both are unknown: then the order of trust decides. */
const difference = (a: number, b: number): number => (a === b ? 0 : a - b);
