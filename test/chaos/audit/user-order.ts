import { type PlannedOrder, requestFor } from "../orders.ts";
import type { History } from "./histories.ts";
import type { Mint } from "./mints.ts";
import type { Problem } from "./problem.ts";

/** The mints of each user lie on the chain in the order in which the orders were accepted. */
export function auditUserOrder(
  orders: readonly PlannedOrder[],
  histories: ReadonlyMap<string, History>,
  mints: readonly Mint[],
): Problem[] {
  const place = new Map(mints.map(({ orderId }, i) => [orderId, i]));
  return [...Map.groupBy(orders, ({ user }) => user)].flatMap(([user, own]): Problem[] => {
    const accepted = own
      .map((order) => ({ ...order, orderId: requestFor(order).orderId }))
      .filter(({ orderId }) => place.has(orderId) && histories.has(orderId))
      .sort((a, b) => (histories.get(a.orderId)?.position ?? 0) - (histories.get(b.orderId)?.position ?? 0));
    const turned = accepted.findIndex(
      ({ orderId }, i) => i > 0 && (place.get(orderId) ?? 0) < (place.get(accepted[i - 1]?.orderId ?? "") ?? 0),
    );
    if (turned < 1) return [];
    const [first, second] = [accepted[turned - 1], accepted[turned]];
    return [
      {
        law: "order of a user",
        words: `user ${user}: ${second?.key ?? ""} was minted before ${first?.key ?? ""}, which was accepted before it`,
      },
    ];
  });
}
