import type { EventStore, Json, StoredEvent, StreamId, Version } from "../../store/event-store.ts";

/** One signed transaction for a lane's nonce, as it was made durable before its first broadcast. */
export interface Attempt {
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
  readonly gasLimit: number;
  /** Wei per gas, decimal. */
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
  /** The orders it mints, in the order of its vouchers; none for a no-op that only uses the nonce up. */
  readonly orderIds: readonly string[];
}

/** How a nonce ended, once that is final. */
export interface Settlement {
  readonly nonce: number;
  /** The attempt that the chain took. */
  readonly hash: string;
  readonly block: number;
  readonly gasUsed: number;
  readonly succeeded: boolean;
}

/**
 * What a lane is there for. `open`: everything. `paused`: nothing new is sent, its users wait for it. `draining`: nothing
 * new is sent, users without an order on their way here go to other lanes.
 */
export type Duty = "open" | "paused" | "draining";

export type LaneEvent =
  /** The lane was taken into use at this account nonce, or went on behind transactions that are not its own. */
  | { readonly kind: "opened"; readonly data: { readonly nonce: number } }
  /** The first attempt of a nonce, or a further one that is to take the place of the former. */
  | { readonly kind: "attempted"; readonly data: Attempt }
  | { readonly kind: "settled"; readonly data: Settlement }
  /** Another transaction of the same nonce, not one of ours, is final. */
  | { readonly kind: "displaced"; readonly data: { readonly nonce: number; readonly hash: string } }
  | { readonly kind: "duty"; readonly data: { readonly duty: Duty } };

/** An attempt in memory: without its bytes, which are read back from the ledger when they are needed again. */
export interface OpenAttempt extends Omit<Attempt, "raw"> {
  /** Where in the lane's stream its bytes are. */
  readonly version: Version;
}

/** A nonce whose end is not final. The chain takes one of its attempts, or somebody else's transaction. */
export interface OpenNonce {
  readonly nonce: number;
  /** Oldest first, at least one. All of them that mint, mint the same orders. */
  readonly attempts: readonly [OpenAttempt, ...OpenAttempt[]];
}

/** A lane as its events made it. The next nonce is derived from them; no counter stands beside the ledger (law 3). */
export interface LaneState {
  readonly version: Version;
  /** Nonce that the next attempt gets; undefined before the lane was opened. */
  readonly nextNonce: number | undefined;
  /** Nonces that are not settled. */
  readonly open: ReadonlyMap<number, OpenNonce>;
  readonly duty: Duty;
  /** Sum over settled attempts. */
  readonly settled: { readonly transactions: number; readonly gasUsed: number };
}

export const laneStream = (chainId: number, address: string): StreamId => `lane/${chainId}/${address.toLowerCase()}`;

export const emptyLane = (): LaneState => ({
  ...{ version: 0, nextNonce: undefined, open: new Map(), duty: "open" },
  settled: { transactions: 0, gasUsed: 0 },
});

/** The attempt that stands for the nonce now: the one with the highest fees. */
export const latestOf = ({ attempts }: OpenNonce): OpenAttempt => attempts.at(-1) ?? attempts[0];

/** The orders that wait for the nonce. */
export const ordersOf = ({ attempts }: OpenNonce): readonly string[] =>
  attempts.find(({ orderIds }) => orderIds.length > 0)?.orderIds ?? [];

/** The lane after an event. `open` is kept in place: a lane has one owner, and copying it for each event would cost a square. */
export function evolveLane(lane: LaneState, event: LaneEvent): LaneState {
  const version = lane.version + 1;
  const open = lane.open as Map<number, OpenNonce>;
  switch (event.kind) {
    case "opened":
      return { ...lane, version, nextNonce: event.data.nonce };
    case "attempted": {
      const { raw: _, ...rest } = event.data;
      const attempt = { ...rest, version };
      const former = open.get(attempt.nonce);
      open.set(attempt.nonce, { nonce: attempt.nonce, attempts: former ? [...former.attempts, attempt] : [attempt] });
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
    case "duty":
      return { ...lane, version, duty: event.data.duty };
  }
}

export const laneEventOf = (stored: StoredEvent): LaneEvent => ({ kind: stored.kind, data: stored.data }) as unknown as LaneEvent;

/** A lane from its snapshot and the events since. */
export async function readLane(store: EventStore, chainId: number, address: string): Promise<LaneState> {
  const stream = laneStream(chainId, address);
  let lane = fromSnapshot((await store.loadSnapshot(stream))?.data);
  for await (const stored of store.read(stream, lane.version + 1)) lane = evolveLane(lane, laneEventOf(stored));
  return lane;
}

/** What a snapshot keeps: without it, reading a lane would mean reading the bytes of all transactions it ever sent. */
export const toSnapshot = (lane: LaneState): Json => ({ ...lane, open: [...lane.open.values()] }) as unknown as Json;

function fromSnapshot(data: Json | undefined): LaneState {
  if (data === undefined) return emptyLane();
  const { open, ...lane } = data as unknown as Omit<LaneState, "open"> & { readonly open: readonly OpenNonce[] };
  return { ...lane, open: new Map(open.map((each) => [each.nonce, each])) };
}
