import type { Deployment } from "../../../src/chain/index.ts";
import type { OrderEvent } from "../../../src/order/index.ts";
import type { WriteAheadPoint } from "../../../src/write-ahead.ts";
import type { PlannedOrder } from "../orders.ts";

/** What a service is started with: JSON in the environment variable CHAOS_SERVICE. Keys come in variables of their own. */
export interface ServiceOptions {
  readonly urls: readonly string[];
  readonly deployment: Deployment;
  readonly storePath: string;
  /** File to which each reached point is written, one a line, so that it is known after a kill too. */
  readonly reachedPath: string;
  /** mintd's own settings. */
  readonly settings: object;
  /** How many times faster than real time the service's clock runs; the chain's blocks are that much faster too. */
  readonly speed: number;
}

/** To the service. */
export type Command =
  | { readonly kind: "mint"; readonly orders: readonly PlannedOrder[] }
  /** End by SIGKILL when the point is reached for the n-th time from now. */
  | { readonly kind: "die at"; readonly point: WriteAheadPoint; readonly reach: number }
  /** Say when nothing is under way any more. */
  | { readonly kind: "say when idle" };

/** From the service. */
export type Word =
  | { readonly kind: "ready" }
  /** These keys were accepted durably: `submit` has resolved. */
  | { readonly kind: "accepted"; readonly keys: readonly string[] }
  /** An event of an order; `version` is its number in the order's stream. */
  | { readonly kind: "announced"; readonly orderId: string; readonly version: number; readonly event: OrderEvent }
  | { readonly kind: "idle" };
