import type { EventStore, StoredEvent, StreamId, Version } from "../../store/event-store.ts";

/** One signed transaction for a lane's nonce, as it was made durable before its first broadcast. */
export interface Attempt {
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
  readonly gasLimit: number;
  /** Wei per gas, decimal. */
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
  /** The orders it mints, in the order of its vouchers. */
  readonly orderIds: readonly string[];
}

/** How a nonce ended, once that is final. */
export interface Settlement {
  readonly nonce: number;
  readonly hash: string;
  readonly block: number;
  readonly gasUsed: number;
  readonly succeeded: boolean;
}

export type LaneEvent =
  /** The lane was taken into use at this account nonce, or went on behind transactions that are not its own. */
  | { readonly kind: "opened"; readonly data: { readonly nonce: number } }
  | { readonly kind: "attempted"; readonly data: Attempt }
  | { readonly kind: "settled"; readonly data: Settlement }
  /** Another transaction of the same nonce, not one of ours, is final. */
  | { readonly kind: "displaced"; readonly data: { readonly nonce: number; readonly hash: string } };

/** An attempt in memory: without its bytes, which are read back from the ledger when they are needed again. */
export interface OpenAttempt extends Omit<Attempt, "raw"> {
  /** Where in the lane's stream its bytes are. */
  readonly version: Version;
}

/** A lane as its events made it. The next nonce is derived from them; no counter stands beside the ledger (law 3). */
export interface LaneState {
  readonly version: Version;
  /** Nonce that the next attempt gets; undefined before the lane was opened. */
  readonly nextNonce: number | undefined;
  /** Attempts that are not settled, by nonce, lowest first. */
  readonly open: ReadonlyMap<number, OpenAttempt>;
  /** Sum over settled attempts. */
  readonly settled: { readonly transactions: number; readonly gasUsed: number };
}

export const laneStream = (chainId: number, address: string): StreamId => `lane/${chainId}/${address.toLowerCase()}`;

export const emptyLane = (): LaneState => ({ version: 0, nextNonce: undefined, open: new Map(), settled: { transactions: 0, gasUsed: 0 } });

/** The lane after an event. `open` is kept in place: a lane has one owner, and copying it for each event would cost a square. */
export function evolveLane(lane: LaneState, event: LaneEvent): LaneState {
  const version = lane.version + 1;
  const open = lane.open as Map<number, OpenAttempt>;
  switch (event.kind) {
    case "opened":
      return { ...lane, version, nextNonce: event.data.nonce };
    case "attempted": {
      const { raw: _, ...attempt } = event.data;
      open.set(attempt.nonce, { ...attempt, version });
      return { ...lane, version, nextNonce: Math.max(lane.nextNonce ?? 0, attempt.nonce + 1) };
    }
    case "displaced":
      open.delete(event.data.nonce);
      return { ...lane, version };
    case "settled": {
      open.delete(event.data.nonce);
      const { transactions, gasUsed } = lane.settled;
      return { ...lane, version, settled: { transactions: transactions + 1, gasUsed: gasUsed + event.data.gasUsed } };
    }
  }
}

export const laneEventOf = (stored: StoredEvent): LaneEvent => ({ kind: stored.kind, data: stored.data }) as unknown as LaneEvent;

/** A lane from its events. */
export async function readLane(store: EventStore, chainId: number, address: string): Promise<LaneState> {
  let lane = emptyLane();
  for await (const stored of store.read(laneStream(chainId, address))) lane = evolveLane(lane, laneEventOf(stored));
  return lane;
}
