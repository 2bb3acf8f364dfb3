import { emptyLane, evolveLane, type LaneEvent, laneEventOf, type LaneState } from "../../../src/chain/lane/lane-ledger.ts";
import type { StoredEvent } from "../../../src/store/index.ts";
import type { ChainFacts } from "./mints.ts";
import type { Problem } from "./problem.ts";

/** Nothing is left open, the ledger ends where the account's nonce is, and every transaction that minted is on record. */
export function auditLanes(stored: readonly StoredEvent[], chain: ChainFacts): Problem[] {
  const problems: Problem[] = [];
  const lanes = new Map<string, LaneState>();
  const recorded = new Set<string>();
  for (const event of stored) {
    if (!event.stream.startsWith("lane/")) continue;
    const laneEvent: LaneEvent = laneEventOf(event);
    lanes.set(event.stream, evolveLane(lanes.get(event.stream) ?? emptyLane(), laneEvent));
    if (laneEvent.kind === "attempted") recorded.add(laneEvent.data.hash);
    // Nobody else has the lanes' keys here, so no other transaction of a nonce is ever final (law 2).
    if (laneEvent.kind === "displaced")
      problems.push({ law: "nonce re-bound", words: `${event.stream} gave nonce ${laneEvent.data.nonce} up, which nobody took` });
  }
  for (const [stream, { open, nextNonce }] of lanes) {
    if (open.size > 0) problems.push({ law: "stuck lane", words: `${stream} has open attempts of nonces ${[...open.keys()].join(", ")}` });
    const onChain = chain.nonces.get([...chain.nonces.keys()].find((lane) => stream.endsWith(lane.toLowerCase())) ?? "");
    if (onChain !== nextNonce)
      problems.push({
        law: "stuck lane",
        words: `${stream} goes on with nonce ${nextNonce ?? "none"}, the account has ${onChain ?? "none"}`,
      });
  }
  for (const txHash of new Set(chain.mints.map((mint) => mint.txHash))) {
    if (!recorded.has(txHash)) problems.push({ law: "history", words: `transaction ${txHash} minted and is in no lane's ledger` });
  }
  return problems;
}
