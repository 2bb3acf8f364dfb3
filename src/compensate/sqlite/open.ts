import { dirname, join } from "node:path";
import { beside } from "../../sqlite/index.ts";
import type { TaskQueue } from "../task-queue.ts";
import type { QueueLimits } from "./protocol.ts";
import { SqliteTaskQueue } from "./queue.ts";
import { APPLICATION_ID, migrations as ourMigrations, PAGE_SIZE } from "./schema.ts";

export interface SqliteTaskQueueOptions {
  /** The queue's file. `-wal` and `-shm` belong to it while it is open, `.lock` marks the one worker and stays. */
  readonly path: string;
  /**
   * `worker` takes tasks and creates the file where there is none; one process at a time. `operator` puts, lists, replays
   * and discards beside it or without it.
   */
  readonly role: "worker" | "operator";
  /** Milliseconds since the epoch. Default Date.now. */
  readonly now?: () => number;
  /** Milliseconds between looks for what other processes put, while somebody watches. Default 100. */
  readonly pollMs?: number;
  /** Default: 100,000 open tasks, 1,000 done and 1,000 discarded ones, 10 crashes, 16 errors of a task. */
  readonly limits?: Partial<QueueLimits>;
}

/** What tests replace. */
export interface SqliteTaskQueueParts {
  readonly migrations?: readonly string[];
  readonly thread?: URL;
}

const usual: QueueLimits = { open: 100_000, closed: 1_000, crashes: 10, errors: 16 };

/** Where the queue of a network's event store lies: beside it. */
export const queuePathBeside = (storePath: string): string => join(dirname(storePath), "compensation.db");

/**
 * Opens the embedded queue.
 *
 * @throws TaskQueueInUse where another process, or another queue object of this one, is the worker.
 * @throws StoreForeign, StoreCorrupt, StoreTooNew: the file is left as it was.
 * @throws StoreNotFound, StoreTooOld for an operator.
 * @throws StoreUnavailable where the system does not let us.
 *
 * @example
 * const queue = await openSqliteTaskQueue({ path: ".mintd/local/compensation.db", role: "worker" });
 * await queue.put({ kind: "order/execute", id: "0x01", payload: { told: [] } });
 * await queue.close();
 */
export async function openSqliteTaskQueue(options: SqliteTaskQueueOptions): Promise<TaskQueue> {
  return await openSqliteTaskQueueWith(options, {});
}

/** The same with parts replaced; for tests. */
export async function openSqliteTaskQueueWith(options: SqliteTaskQueueOptions, parts: SqliteTaskQueueParts): Promise<SqliteTaskQueue> {
  const now = options.now ?? Date.now;
  const queue = new SqliteTaskQueue(parts.thread ?? beside("queue-thread", import.meta.url), now, {
    path: options.path,
    applicationId: APPLICATION_ID,
    pageSize: PAGE_SIZE,
    migrations: parts.migrations ?? ourMigrations,
    working: options.role === "worker",
    limits: { ...usual, ...options.limits },
    now: Math.floor(now()),
    pollMs: options.pollMs ?? 100,
  });
  await queue.opened;
  return queue;
}
