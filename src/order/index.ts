export { OrderBook, type OrderBookOptions, type OrderListener, readOrder, type RequestOutcome, type Told } from "./book.ts";
export * from "./errors.ts";
export * from "./events.ts";
export { decide, evolve, type Order, type OrderCommand, isCarriedBy, orderOfStream, orderStream } from "./order.ts";
export { allows, diagram, isClosed, transitions } from "./transitions.ts";
export { userOf } from "./user.ts";
