import type { Rpc } from "../../../src/chain/index.ts";
import { openSqliteStore, type StoredEvent } from "../../../src/store/index.ts";
import type { PlannedOrder } from "../orders.ts";
import { auditMints } from "./exactly-once.ts";
import { type Announcement, auditFinals, auditHistories, historiesOf } from "./histories.ts";
import { auditLanes } from "./lanes.ts";
import { readChain } from "./mints.ts";
import type { Problem } from "./problem.ts";
import { auditUserOrder } from "./user-order.ts";

export type { Announcement } from "./histories.ts";
export type { Problem } from "./problem.ts";

/** What an audit holds against each other. */
export interface Evidence {
  /** The node itself, not through a proxy. */
  readonly rpc: Rpc;
  readonly minter: string;
  readonly lanes: readonly string[];
  readonly storePath: string;
  /** Orders that the service acknowledged. */
  readonly accepted: readonly PlannedOrder[];
  /** Orders that were sent. */
  readonly wanted: readonly PlannedOrder[];
  readonly announced: readonly Announcement[];
}

export interface Findings {
  readonly problems: readonly Problem[];
  readonly mints: number;
  readonly events: number;
  /** Inclusions that were taken back. */
  readonly takenBack: number;
  /** Transactions that were signed. */
  readonly attempts: number;
}

/** Holds what the service did and said against the canonical chain and against its own record. The service has ended. */
export async function audit(evidence: Evidence): Promise<Findings> {
  const { accepted, wanted, announced } = evidence;
  const chain = await readChain(evidence.rpc, evidence.minter, evidence.lanes);
  const stored = await eventsOf(evidence.storePath);
  const histories = historiesOf(stored);
  const unfinished = [...histories.values()].filter(({ last }) => last.kind !== "final");
  const count = (kind: string): number => stored.filter((event) => event.kind === kind).length;
  return {
    problems: [
      ...auditMints(chain, accepted, wanted),
      ...auditFinals(histories, announced, chain),
      ...auditHistories(histories, announced),
      ...auditUserOrder(wanted, histories, chain.mints),
      ...auditLanes(stored, chain),
      ...unfinished.map(({ orderId, last }): Problem => ({ law: "not healed", words: `${orderId} ended as ${last.kind}` })),
    ],
    mints: chain.mints.length,
    events: stored.length,
    takenBack: count("unconfirmed"),
    attempts: count("attempted"),
  };
}

async function eventsOf(path: string): Promise<StoredEvent[]> {
  const store = await openSqliteStore({ path, readOnly: true });
  try {
    const events: StoredEvent[] = [];
    for await (const event of store.readAll(0)) events.push(event);
    return events;
  } finally {
    await store.close();
  }
}
