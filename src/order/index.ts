export type { RequestOutcome } from "./acceptance.ts";
export { type Bind, OrderBook, type OrderBookOptions, type OrderListener } from "./book.ts";
export { Breaker, type BreakerOptions, type Pass } from "./breaker.ts";
export {
  ConflictPath,
  type ConflictPathOptions,
  DEFERRED_KIND,
  type DeferredWork,
  deferredWork,
  type Run,
  type RunOutcome,
  toldOf,
} from "./conflict-path.ts";
export { DrawnNumbers } from "./drawn-numbers.ts";
export * from "./errors.ts";
export * from "./events.ts";
export {
  cancelled,
  decide,
  evolve,
  isCarriedBy,
  isVoidAfter,
  isWithHolder,
  type Order,
  type OrderCommand,
  orderOfStream,
  orderStream,
  type Told,
} from "./order.ts";
export { readOrder } from "./order-reads.ts";
export { allows, diagram, isClosed, transitions } from "./transitions.ts";
export { userOf } from "./user.ts";
