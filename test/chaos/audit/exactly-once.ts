import { addressOf, type PlannedOrder, requestFor } from "../orders.ts";
import type { ChainFacts, Mint } from "./mints.ts";
import type { Problem } from "./problem.ts";

/** Each accepted order was minted once, to its receiver, in its quantity; nothing else was minted. */
export function auditMints(chain: ChainFacts, accepted: readonly PlannedOrder[], wanted: readonly PlannedOrder[]): Problem[] {
  const problems: Problem[] = [];
  const byOrder = Map.groupBy(chain.mints, ({ orderId }) => orderId);
  for (const order of accepted) {
    const { orderId } = requestFor(order);
    if (!byOrder.has(orderId)) problems.push({ law: "lost", words: `${order.key} (${orderId}) was accepted and is not on the chain` });
  }
  const known = new Map(wanted.map((order) => [requestFor(order).orderId, order]));
  for (const [orderId, mints] of byOrder) {
    const order = known.get(orderId);
    if (mints.length > 1)
      problems.push({
        law: "duplicate",
        words: `${order?.key ?? orderId} was minted ${mints.length} times: ${mints.map(whereOf).join("; ")}`,
      });
    if (!order) problems.push({ law: "wrong mint", words: `nobody asked for ${orderId}: ${mints.map(whereOf).join("; ")}` });
    else problems.push(...mints.flatMap((mint) => differences(mint, order)));
  }
  for (const [number, mints] of Map.groupBy(chain.mints, (mint) => mint.number)) {
    if (mints.length > 1) problems.push({ law: "duplicate", words: `voucher number ${number} minted ${mints.length} times` });
  }
  return [...problems, ...auditTokens(chain)];
}

/** What the token itself says was created agrees with what the minter says. */
function auditTokens({ mints, created }: ChainFacts): Problem[] {
  const claimed = new Map<string, number>();
  for (const { to, quantity } of mints) claimed.set(to, (claimed.get(to) ?? 0) + quantity);
  return [...new Set([...claimed.keys(), ...created.keys()])].flatMap((to): Problem[] => {
    const [says, is] = [claimed.get(to) ?? 0, created.get(to) ?? 0];
    return says === is ? [] : [{ law: "wrong mint", words: `${to} got ${is} tokens, the minter says ${says}` }];
  });
}

function differences(mint: Mint, order: PlannedOrder): Problem[] {
  const right = mint.to === addressOf(order.user) && mint.quantity === order.quantity;
  return right
    ? []
    : [
        {
          law: "wrong mint",
          words: `${order.key} asked for ${order.quantity} to ${addressOf(order.user)}, the chain has ${mint.quantity} to ${mint.to}`,
        },
      ];
}

const whereOf = ({ block, txHash }: Mint): string => `block ${block} transaction ${txHash}`;
