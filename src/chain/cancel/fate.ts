import type { Clock } from "../../clock.ts";
import { patiently } from "../patience.ts";
import { batch, type Rpc } from "../rpc/rpc.ts";

/** A transaction that a node took. */
export interface SentTransaction {
  readonly hash: string;
  readonly from: string;
  readonly nonce: number;
}

/**
 * What became of a transaction: it is mined in a block of this height; its nonce is another one's (`displaced`); no node knows
 * it any more and its nonce is free (`dropped`); or nobody needs it any more (`needless`).
 */
export type Fate =
  { readonly kind: "mined"; readonly succeeded: boolean; readonly block: number } | { readonly kind: "displaced" | "dropped" | "needless" };

/** Looks in a row that have to agree: an endpoint behind the door of `rpc` may lag behind another one. */
const looks = { displaced: 3, dropped: 20 };

interface Receipt {
  readonly status: string;
  readonly blockNumber: string;
}

/**
 * Waits until it is known what became of a transaction.
 *
 * Race: what is taken for displaced or dropped is in some node's pool and is mined later. Mitigation: it takes several looks in
 * a row; and what was dropped is sent again under its own nonce, so that one of the two at most is mined. What remains: gas for
 * a transaction that changes nothing.
 * @param isNeedless whether what it is for came about by other means
 * @throws RpcUnanswered, RpcRefused
 */
export async function fateOf(
  { hash, from, nonce }: SentTransaction,
  isNeedless: () => Promise<boolean>,
  { rpc, clock, pollMs }: { readonly rpc: Rpc; readonly clock: Clock; readonly pollMs: number },
): Promise<Fate> {
  const calls = [
    { method: "eth_getTransactionCount", params: [from, "latest"] },
    { method: "eth_getTransactionCount", params: [from, "pending"] },
    { method: "eth_getTransactionByHash", params: [hash] },
    { method: "eth_getTransactionReceipt", params: [hash] },
  ];
  const seen = { displaced: 0, dropped: 0 };
  for (;;) {
    const [mined, pending, known, receipt] = await patiently(clock, () => batch<unknown>(rpc, calls));
    if (receipt) return minedAs(receipt as Receipt);
    const passed = Number(mined) > nonce;
    seen.displaced = passed ? seen.displaced + 1 : 0;
    seen.dropped = !passed && !known && Number(pending) <= nonce ? seen.dropped + 1 : 0;
    if (seen.displaced >= looks.displaced) return { kind: "displaced" };
    if (seen.dropped >= looks.dropped) return { kind: "dropped" };
    if (await patiently(clock, isNeedless)) return { kind: "needless" };
    await clock.pause(pollMs);
  }
}

const minedAs = ({ status, blockNumber }: Receipt): Fate => ({
  kind: "mined",
  succeeded: status === "0x1",
  block: Number(blockNumber),
});
