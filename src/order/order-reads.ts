import type { EventStore, Json, Position, StoredEvent } from "../store/event-store.ts";
import type { OrderEvent } from "./events.ts";
import type { OpenOrder, OpenOrders } from "./open-orders.ts";
import { evolve, type Order, orderOfStream, ordersStreams, orderStream } from "./order.ts";

/** Orders that a snapshot carries itself; those accepted later are replayed from their events. */
const snapshotOrders = 1_000;

/** An order from its events, or undefined where there are none. */
export async function readOrder(store: EventStore, orderId: string): Promise<Order | undefined> {
  let order: Order | undefined;
  for await (const event of store.read(orderStream(orderId))) order = evolve(order, eventOf(event), orderId, event.at);
  return order;
}

/**
 * Puts the open orders of one minter into `open`: those of the snapshot, and what was appended since.
 * @returns the position up to which they are read
 */
export async function readOpenOrders(store: EventStore, minter: string, open: OpenOrders): Promise<Position> {
  const snapshot = await store.loadSnapshot(snapshotName(minter));
  for (const entry of (snapshot?.data ?? []) as unknown as readonly OpenOrder[]) open.put(completed(entry));
  let position = snapshot?.position ?? 0;
  for await (const event of store.readAll(position, ordersStreams)) {
    position = event.position;
    replay(event, minter, open);
  }
  return position;
}

/**
 * A snapshot carries the oldest open orders as they are and the position from which the others are replayed, so its
 * size is bounded while a few old orders (vouchers that nobody redeemed yet) do not hold back the position.
 * @param position up to which `open` is what the store says
 */
export async function saveOpenOrders(store: EventStore, minter: string, open: OpenOrders, position: Position): Promise<void> {
  const carried: OpenOrder[] = [];
  let from = position;
  for (const entry of open.values()) {
    if (carried.length === snapshotOrders) {
      from = Math.min(from, entry.position - 1);
      break;
    }
    carried.push(entry);
  }
  await store.saveSnapshot(snapshotName(minter), { position: from, data: carried as unknown as Json });
}

/** An event of an order that is neither in the snapshot nor new is the past of a closed order. */
function replay(event: StoredEvent, minter: string, open: OpenOrders): void {
  const orderId = orderOfStream(event.stream);
  if (orderId === undefined) return;
  const entry = open.get(orderId);
  if (event.version !== (entry?.order.version ?? 0) + 1) return;
  const order = evolve(entry?.order, eventOf(event), orderId, event.at);
  if (order.request.minter !== minter) return;
  open.put({ order, position: entry?.position ?? event.position });
}

const eventOf = ({ kind, data }: StoredEvent): OrderEvent => ({ kind, data }) as OrderEvent;

const snapshotName = (minter: string): string => `orders/open/${minter.toLowerCase()}`;

/** An entry of a snapshot; one of an older mintd does not say since when its order is in its state. */
const completed = ({ order, position }: OpenOrder): OpenOrder => ({ order: { ...order, changedAt: changedAtOf(order) }, position });

const changedAtOf = ({ changedAt, requestedAt }: Partial<Order> & Pick<Order, "requestedAt">): number => changedAt ?? requestedAt;
