import type { Json } from "../store/event-store.ts";
import { Breaker, type BreakerOptions, type Pass } from "./breaker.ts";
import { orderStream, type Told } from "./order.ts";
import { checkRoute, type Route, routeOf, RoutingDrift, type ShardMap } from "../nonce/routing.ts";

/** Kind of the compensation task that tells orders later what could not be told now. */
export const DEFERRED_KIND = "order/execute";

/** Commands put off, in the form of a compensation task: plain data, with the streams that they are about. */
export interface DeferredWork {
  readonly kind: typeof DEFERRED_KIND;
  readonly id: string;
  readonly payload: Json;
  readonly streams: readonly string[];
}

export interface ConflictPathOptions {
  /** How a conflicting writer shows: the store's error for it. */
  readonly isConflict: (error: unknown) => boolean;
  /** Waits between retries, in milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  /** Jitter, in [0, 1). */
  readonly random: () => number;
  /** Milliseconds for the breaker, never going back. */
  readonly now: () => number;
  /** Keeps work for later, durably. @returns the task's id. Needed where work may be put off, which `told` says. */
  readonly defer?: (work: DeferredWork) => Promise<string>;
  /** The present shard map; needed where work is routed. Default: one shard, version 1. */
  readonly shardMap?: () => ShardMap;
  readonly breaker?: Omit<BreakerOptions, "now">;
}

export interface Run {
  /** The same work as data, for later. Left out where it cannot be put off: then the last conflict is thrown. */
  readonly told?: readonly Told[];
  /** Where the caller believes the user to be. */
  readonly route?: Route;
  /** Called when the route was wrong, with the right one, before the next attempt. */
  readonly reroute?: (route: Route) => void | Promise<void>;
}

/** `deferred`: nothing is written yet, and the work is not lost; the caller answers 202. */
export type RunOutcome<T> = { readonly outcome: "done"; readonly value: T } | { readonly outcome: "deferred"; readonly taskId: string };

const retries = { first: 10, factor: 1.5, most: 3 };

/**
 * Runs commands that other writers may get in the way of: a version conflict or a drifted route is tried again on the
 * reloaded state, at most three times. When that is spent, or so many attempts failed in a row that the breaker is open, the
 * work is handed to the compensation queue. All other errors go through as they are, and neither open nor close the breaker.
 *
 * Race: what is deferred is told to its orders later than what came after it.
 * Mitigation: commands are facts and are decided on the state that they meet; old news is passed over, and what is no longer
 * allowed dies as a letter that a person sees.
 * What remains: a deferred command takes effect late. Work whose place in the order matters leaves `told` out.
 */
export class ConflictPath {
  readonly #options: ConflictPathOptions;
  readonly #breaker: Breaker;

  constructor(options: ConflictPathOptions) {
    this.#options = options;
    this.#breaker = new Breaker({ ...options.breaker, now: options.now });
  }

  /** Whether work is tried (`closed`), put off unseen (`open`), or tried by one at a time (`half-open`). */
  get breaker(): Breaker["state"] {
    return this.#breaker.state;
  }

  /**
   * @param work told the route that was checked for this attempt.
   * @param reload makes the state what the store says, before each further attempt.
   * @throws what `work`, `reload`, `reroute` and `defer` throw; the last conflict or RoutingDrift where nothing can be put off.
   *
   * @example
   * const outcome = await path.run(() => append(told), () => reload(told), { told });
   */
  async run<T>(work: (route?: Route) => Promise<T>, reload: () => Promise<void>, run: Run = {}): Promise<RunOutcome<T>> {
    const { told } = run;
    let { route } = run;
    let wait = retries.first;
    for (let retry = 0; ; retry++, wait *= retries.factor) {
      const pass = this.#breaker.enter();
      // What cannot be put off is tried though the breaker is open: it has no other way.
      if (pass === undefined && told !== undefined) return await this.#defer(told);
      try {
        const value = await this.#attempt(work, route, pass);
        return { outcome: "done", value };
      } catch (error) {
        if (!this.#isDrift(error)) throw error;
        if (told !== undefined && (retry === retries.most || this.#breaker.state === "open")) return await this.#defer(told);
        if (retry === retries.most) throw error;
        await this.#options.pause(wait * this.#options.random());
        if (error instanceof RoutingDrift) route = await this.#reroute(error.given.user, run);
        await reload();
      }
    }
  }

  async #attempt<T>(work: (route?: Route) => Promise<T>, route: Route | undefined, pass: Pass | undefined): Promise<T> {
    try {
      if (route !== undefined) checkRoute(route, this.#map());
      const value = await work(route);
      pass?.succeeded();
      return value;
    } catch (error) {
      if (this.#isDrift(error)) pass?.failed();
      else pass?.neither();
      throw error;
    }
  }

  async #reroute(user: string, { reroute }: Run): Promise<Route> {
    const route = routeOf(user, this.#map());
    await reroute?.(route);
    return route;
  }

  async #defer(told: readonly Told[]): Promise<RunOutcome<never>> {
    if (this.#options.defer === undefined) throw new TypeError("work that may be put off needs somebody to keep it");
    return { outcome: "deferred", taskId: await this.#options.defer(deferredWork(told)) };
  }

  #isDrift(error: unknown): boolean {
    return error instanceof RoutingDrift || this.#options.isConflict(error);
  }

  #map(): ShardMap {
    return this.#options.shardMap?.() ?? { version: 1, shards: 1 };
  }
}

/**
 * Commands as a compensation task. Its id names the first order, so that a person can find it; the payload's hash tells
 * tasks of one order apart.
 */
export function deferredWork(told: readonly Told[]): DeferredWork {
  const orderIds = [...new Set(told.map(({ orderId }) => orderId))];
  const [first = "none"] = orderIds;
  return {
    kind: DEFERRED_KIND,
    id: orderIds.length > 1 ? `${first}+${orderIds.length - 1}` : first,
    // Through JSON, since a command may have a field that is undefined, which JSON leaves out and a store refuses.
    payload: JSON.parse(JSON.stringify({ told })) as Json,
    streams: orderIds.map(orderStream),
  };
}

/** The commands of a task that `deferredWork` made. */
export const toldOf = (payload: Json): readonly Told[] => (payload as unknown as { readonly told: readonly Told[] }).told;
