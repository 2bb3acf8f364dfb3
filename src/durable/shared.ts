import { laneStream } from "../chain/lane/lane-ledger.ts";
import type { EventStore } from "../store/event-store.ts";
import { LaneTaken } from "./errors.ts";
import { LaneNonces, type LaneNoncesParts } from "./lane-nonces.ts";

interface Entry {
  readonly form: string;
  readonly lane: Promise<LaneNonces>;
  users: number;
  /** Set while the last user's close is under way. */
  closing: Promise<void> | undefined;
}

/** The lanes in use over each store: two over one ledger would be in each other's way. */
const inUse = new WeakMap<EventStore, Map<string, Entry>>();

/** A share in a lane. The lane is closed when its last user has released it. */
export interface Share {
  readonly lane: Promise<LaneNonces>;
  release(): Promise<void>;
}

/**
 * The lane of this account and chain over this store, the same for all that ask; the first one's parts hold.
 * @param form of use, e.g. "ethers": forms do not mix
 * @throws LaneTaken
 */
export function shareLane(form: string, parts: LaneNoncesParts): Share {
  const lanes = inUse.get(parts.store) ?? new Map<string, Entry>();
  inUse.set(parts.store, lanes);
  const name = laneStream(parts.chainId, parts.address);
  let entry = lanes.get(name);
  if (!entry || entry.closing) {
    const before = entry?.closing ?? Promise.resolve();
    entry = { form, lane: before.then(() => LaneNonces.open(parts)), users: 0, closing: undefined };
    lanes.set(name, entry);
    const opening = entry;
    opening.lane.catch(() => {
      if (lanes.get(name) === opening) lanes.delete(name); // whoever asked for it hears of it; whoever asks next begins anew
    });
  }
  if (entry.form !== form) throw new LaneTaken(parts.address, parts.chainId);
  entry.users++;
  const shared = entry;
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => {
    if (--shared.users > 0) return Promise.resolve();
    shared.closing = closeOf(shared).finally(() => {
      if (lanes.get(name) === shared) lanes.delete(name);
    });
    return shared.closing;
  };
  return { lane: entry.lane, release: () => (released ??= release()) };
}

async function closeOf({ lane }: Entry): Promise<void> {
  const opened = await lane.catch(() => undefined); // one that did not open has nothing to close
  await opened?.close();
}
