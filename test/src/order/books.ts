import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OrderBook, type OrderBookOptions } from "../../../src/order/index.ts";
import { type EventStore, openSqliteStore, type StoredEvent, VersionConflict } from "../../../src/store/index.ts";

/** A folder for one test's store. */
export class StoreFolder {
  readonly root: string;
  readonly path: string;

  private constructor(root: string) {
    this.root = root;
    this.path = join(root, "store.db");
  }

  static async make(): Promise<StoreFolder> {
    return new StoreFolder(await mkdtemp(join(tmpdir(), "mintd-book-")));
  }

  open(): Promise<EventStore> {
    return openSqliteStore({ path: this.path, now: () => 1_000 });
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** The contract that the tests' orders are for. */
export const minter = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

/** A book with pauses that are only noted. */
export function openBook(store: EventStore, options: Partial<OrderBookOptions> = {}): Promise<OrderBook> {
  return OrderBook.open(store, {
    minter,
    maxOpen: 10_000,
    maxIssued: 10_000,
    now: () => 1_000,
    monotonic: () => 1_000,
    onTrouble: (error) => {
      throw error;
    },
    isConflict: (error) => error instanceof VersionConflict,
    pause: () => Promise.resolve(),
    random: () => 1,
    ...options,
  });
}

/** The store with some of its methods replaced. */
export function storeWith(store: EventStore, replaced: Partial<EventStore>): EventStore {
  return {
    append: (writes) => store.append(writes),
    versions: (streams) => store.versions(streams),
    read: (stream, from) => store.read(stream, from),
    readAll: (after, about) => store.readAll(after, about),
    subscribe: (from, signal) => store.subscribe(from, signal),
    head: () => store.head(),
    saveSnapshot: (name, snapshot) => store.saveSnapshot(name, snapshot),
    loadSnapshot: (name) => store.loadSnapshot(name),
    close: () => store.close(),
    ...replaced,
  };
}

export async function allEvents(store: EventStore): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of store.readAll(0)) events.push(event);
  return events;
}
