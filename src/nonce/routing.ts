import { MintdError } from "../error.ts";
import { shardOf } from "./shards.ts";

/** How users are spread over shards now. Each change is a new version. */
export interface ShardMap {
  readonly version: number;
  /** A power of two, 1 to 65,536. */
  readonly shards: number;
}

/** Where a caller believed a user to be, and by which map. */
export interface Route {
  readonly user: string;
  readonly shard: number;
  readonly mapVersion: number;
}

/** The work was routed by another shard map than the present one. Nothing was written. */
export class RoutingDrift extends MintdError {
  readonly code = "ROUTING_DRIFT";
  readonly given: Route;
  readonly actual: Route;

  constructor(given: Route, actual: Route) {
    super(
      `user ${given.user} was sent to shard ${given.shard} by map ${given.mapVersion}, ` +
        `and is in shard ${actual.shard} by map ${actual.mapVersion}`,
      { hint: "route it again by the present shard map" },
    );
    this.given = given;
    this.actual = actual;
  }
}

/** Where a user is by this map. @throws InvalidShardCount */
export function routeOf(user: string, map: ShardMap): Route {
  return { user, shard: shardOf(user, map.shards), mapVersion: map.version };
}

/**
 * @throws RoutingDrift where the route is not the user's by this map. The version must match too: a shard that happens to be
 *   the same was still reached by a map that is no longer true.
 */
export function checkRoute(route: Route, map: ShardMap): void {
  const actual = routeOf(route.user, map);
  if (route.shard !== actual.shard || route.mapVersion !== actual.mapVersion) throw new RoutingDrift(route, actual);
}
