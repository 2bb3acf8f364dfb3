import { beside } from "../../sqlite/index.ts";
import type { EventStore } from "../event-store.ts";
import type { QueueLimits } from "./append-queue.ts";
import type { OpenRequest } from "./protocol.ts";
import { Reading } from "./reading.ts";
import { APPLICATION_ID, CHECKPOINT_PAGES, migrations as ourMigrations, PAGE_SIZE } from "./schema.ts";
import { SqliteStore } from "./store.ts";
import { Tail } from "./tail.ts";
import { Writing } from "./writing.ts";

export interface SqliteStoreOptions {
  /** The store's file. `-wal` and `-shm` belong to it while it is open, `.lock` marks the one writer and stays. */
  readonly path: string;
  /** Read beside a running writer or without one; creates nothing. Default false. */
  readonly readOnly?: boolean;
  /** Milliseconds since the epoch, for events' `at`. Default Date.now. */
  readonly now?: () => number;
  /** With `readOnly`: milliseconds between looks for what another process appended, while somebody subscribes. Default 200. */
  readonly pollInterval?: number;
  /** Check every page and every position before use; reads the whole file. Default false. */
  readonly verify?: boolean;
  /**
   * How much may be on its way to the disk before further appends wait in line unserialised.
   * Default 4,096 appends and 8 Mi characters of JSON.
   */
  readonly limits?: QueueLimits;
}

/** What tests replace. */
export interface SqliteStoreParts {
  readonly migrations?: readonly string[];
  readonly writer?: URL;
  readonly reader?: URL;
  /** WAL pages after which a commit also checkpoints. */
  readonly checkpointPages?: number;
}

/**
 * Opens the embedded event store; creates file and folder where there are none, unless `readOnly`.
 *
 * @throws StoreInUse when another store object, of any process, has it open for writing.
 * @throws StoreForeign, StoreCorrupt (an empty file too), StoreTooNew: the file is left as it was, byte for byte.
 * @throws StoreNotFound, StoreTooOld with `readOnly`.
 * @throws StoreUnavailable where the system does not let us.
 *
 * @example
 * const store = await openSqliteStore({ path: ".mintd/store.db" });
 * await store.append([{ stream: "order/0x01", expected: 0, events: [{ kind: "requested", data: { user: "ann" } }] }]);
 * await store.close();
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<EventStore> {
  return await openSqliteStoreWith(options, {});
}

/** The same with parts replaced; for tests. */
export async function openSqliteStoreWith(options: SqliteStoreOptions, parts: SqliteStoreParts): Promise<EventStore> {
  const request: OpenRequest = {
    path: options.path,
    applicationId: APPLICATION_ID,
    pageSize: PAGE_SIZE,
    migrations: parts.migrations ?? ourMigrations,
    verify: options.verify ?? false,
    checkpointPages: parts.checkpointPages ?? CHECKPOINT_PAGES,
  };
  const readerFile = parts.reader ?? beside("reader", import.meta.url);
  if (options.readOnly === true) return await openReadOnly(request, readerFile, options.pollInterval ?? 200);

  // Both threads start at once; the reader opens when the writer has made sure that there is a sound store.
  const limits = options.limits ?? { operations: 4_096, characters: 8 * 1024 * 1024 };
  const writing = new Writing(parts.writer ?? beside("writer", import.meta.url), request, limits, options.now ?? Date.now);
  const reading = new Reading(request.path, readerFile);
  try {
    const tail = new Tail(await writing.opened);
    writing.onHead = (head) => {
      tail.advance(head);
    };
    writing.onDeath = (error) => {
      tail.fail(error);
    };
    await reading.open(request, true);
    return new SqliteStore(request.path, reading, writing, tail);
  } catch (error) {
    await reading.close();
    await writing.close();
    throw error;
  }
}

async function openReadOnly(request: OpenRequest, readerFile: URL, pollInterval: number): Promise<EventStore> {
  const reading = new Reading(request.path, readerFile);
  try {
    const head = await reading.open(request, false);
    // One timer or one question at a time, and none while nobody waits.
    let wanted = false;
    let asking = false;
    let timer: NodeJS.Timeout | undefined;
    const look = async (): Promise<void> => {
      asking = true;
      try {
        tail.advance(await reading.ask({ kind: "head" }));
      } catch (error) {
        tail.fail(error instanceof Error ? error : new Error(String(error)));
      }
      asking = false;
      schedule();
    };
    const schedule = (): void => {
      clearTimeout(timer);
      if (wanted && !asking) timer = setTimeout(() => void look(), pollInterval);
    };
    const tail = new Tail(head, (interest) => {
      wanted = interest;
      schedule();
    });
    return new SqliteStore(request.path, reading, undefined, tail);
  } catch (error) {
    await reading.close();
    throw error;
  }
}
