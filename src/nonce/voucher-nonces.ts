import type { BlockLimits } from "./block-size.ts";
import { InvalidReservation, ShardElsewhere, ShardUnknown } from "./errors.ts";
import { checkNode, NumberLedger, type NumberLedgerOptions } from "./number-ledger.ts";
import { type Route, routeOf, RoutingDrift } from "./routing.ts";
import { ShardKeeper } from "./shard-keeper.ts";

/** Most numbers that one `reserve` gives. */
export const MAX_RESERVATION = 65_536;

/** Name of the node of a service that is alone with its store. */
export const LOCAL_NODE = "local";

/** Tries work again whose route was wrong, on the reloaded state. `ConflictPath` of src/order is one. */
export interface Rerouting {
  run<T>(
    work: (route?: Route) => Promise<T>,
    reload: () => Promise<void>,
    run: { readonly route: Route },
  ): Promise<{ readonly outcome: "done"; readonly value: T } | { readonly outcome: "deferred" }>;
}

export interface VoucherNoncesOptions extends NumberLedgerOptions {
  /** Retries for routes that drifted; it routes by `ledger.map`. Called once, with the ledger. */
  readonly rerouting: (ledger: NumberLedger) => Rerouting;
  /** Milliseconds, never going back. */
  readonly now: () => number;
  /** Names of the nodes whose shards are kept in this process. Default: one, "local". */
  readonly nodes?: readonly [string, ...string[]];
  readonly blocks?: BlockLimits;
}

/** What happened to reservations so far, for metrics. */
export interface ReservationCounts {
  readonly reservations: number;
  readonly numbers: number;
  /** Attempts that were routed by another map than the present one, or to a node that had lost the shard. */
  readonly drifted: number;
}

/**
 * Hands out the dense numbers of vouchers, each at most once over all processes, for ever.
 *
 * A user belongs to a shard, a shard to a node, and the node leases whole words of the bitmap for it: see `ShardKeeper` for
 * how numbers are given out and `NumberLedger` for what makes them unique. This is the door: it routes a reservation to the
 * shard's node, and where the map changed or the shard moved meanwhile, it is routed again.
 */
export class VoucherNonces {
  readonly ledger: NumberLedger;
  readonly #keepers: ReadonlyMap<string, ShardKeeper>;
  readonly #nodes: readonly [string, ...string[]];
  readonly #rerouting: Rerouting;
  #reservations = 0;
  #numbers = 0;
  #drifted = 0;

  private constructor(ledger: NumberLedger, { rerouting, now, nodes = [LOCAL_NODE], blocks }: VoucherNoncesOptions) {
    this.ledger = ledger;
    this.#rerouting = rerouting(ledger);
    this.#nodes = nodes;
    this.#keepers = new Map(nodes.map((node) => [node, new ShardKeeper({ ledger, node, now, ...(blocks && { limits: blocks }) })]));
  }

  /**
   * Reads where the leases stand; leases nothing yet.
   * @throws UnreadableLease, InvalidShardCount, InvalidNodeName, and what the store throws
   */
  static async open(options: VoucherNoncesOptions): Promise<VoucherNonces> {
    options.nodes?.forEach(checkNode);
    return new VoucherNonces(await NumberLedger.open(options), options);
  }

  /**
   * The next `count` numbers of the user's shard, ascending, in as few words of the bitmap as can hold them. Safe to call
   * concurrently; calls for one shard are served in order. Where it throws, no number was taken.
   * @param count 1..65536
   * @param user whose numbers are to lie together: the lane that mints a batch, the issuer of many vouchers
   * @throws InvalidReservation, VoucherNumbersExhausted, VoucherNumbersContended, ShardElsewhere (another process has the
   *   shard), RoutingDrift and ShardUnknown where map and owner never rested, and what the store throws
   *
   * @example
   * const numbers = await nonces.reserve(200, lane.address);
   */
  reserve(count: number, user = ""): Promise<bigint[]> {
    return this.reserveBy(routeOf(user, this.ledger.map), count);
  }

  /** The same for a caller who keeps a map of its own, which may be old, or newer than this process knows. @throws as `reserve` */
  async reserveBy(route: Route, count: number): Promise<bigint[]> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_RESERVATION) throw new InvalidReservation("count", count, MAX_RESERVATION);
    const numbers = await this.#serve(route, count);
    this.#reservations++;
    this.#numbers += count;
    return numbers;
  }

  get counts(): ReservationCounts {
    return { reservations: this.#reservations, numbers: this.#numbers, drifted: this.#drifted };
  }

  async #serve(route: Route, count: number): Promise<bigint[]> {
    for (let tried = route; ;) {
      try {
        return await this.#reserve(count, tried);
      } catch (error) {
        if (!isDrift(error)) throw error;
        this.#drifted++;
        if (error instanceof RoutingDrift && error.given.mapVersion > error.actual.mapVersion) await this.ledger.refresh();
        const known = routeOf(route.user, this.ledger.map);
        // Each turn is by a newer map or after a move, so it is no busy loop; and as often as there is news, nobody is refused.
        if (known.mapVersion <= tried.mapVersion && !this.#isHere(known.shard)) return this.#afterConflict(count, known);
        tried = known;
      }
    }
  }

  async #reserve(count: number, route: Route): Promise<bigint[]> {
    return this.#keeperOf(route.shard).reserve(count, route);
  }

  /** Where nothing newer is known: looks and pauses, which cost more than a reservation. */
  async #afterConflict(count: number, route: Route): Promise<bigint[]> {
    const reload = (): Promise<void> => {
      this.#drifted++;
      return this.ledger.refresh();
    };
    const outcome = await this.#rerouting.run((checked = route) => this.#reserve(count, checked), reload, { route });
    if (outcome.outcome === "deferred") throw new TypeError("a reservation cannot be put off");
    return outcome.value;
  }

  #isHere(shard: number): boolean {
    return this.#keepers.has(this.#nodeOf(shard));
  }

  #nodeOf(shard: number): string {
    return this.ledger.ownerOf(shard)?.node ?? this.#nodes[shard % this.#nodes.length] ?? this.#nodes[0];
  }

  /** The keeper of the shard's node. A shard that nobody has is for the nodes in turn. @throws ShardElsewhere */
  #keeperOf(shard: number): ShardKeeper {
    const node = this.#nodeOf(shard);
    const keeper = this.#keepers.get(node);
    if (keeper === undefined) throw new ShardElsewhere(shard, node, this.ledger.ownerOf(shard)?.epoch ?? 0);
    return keeper;
  }
}

/** Whether the reservation only has to be routed again: by another map, to another node, or since its shard is no more. */
export const isDrift = (error: unknown): boolean =>
  error instanceof RoutingDrift || error instanceof ShardElsewhere || error instanceof ShardUnknown;
