import { DatabaseSync } from "node:sqlite";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { BUSY_TIMEOUT, create, type Fault, holdLock, makeFolder, migrate, readFault, Refusal, writeFault } from "../../sqlite/index.ts";
import { examine } from "./examine.ts";
import type { FromQueue, OpenQueue, Operation, ToQueue } from "./protocol.ts";
import { TaskTable } from "./table.ts";

/**
 * The queue's thread: one connection, one short transaction at a time with all operations that wait in it, and one fsync
 * for all of them. Another process may write between two transactions, so nothing is remembered from one to the next.
 */

/** Operations after which a transaction commits though more wait. */
const MAX_OPERATIONS = 1_024;

if (parentPort === null) throw new Error("queue-thread.ts runs in a worker thread");
const port = parentPort;
const say = (message: FromQueue): void => {
  port.postMessage(message);
};

interface OpenedQueue {
  readonly db: DatabaseSync;
  /** Undefined where this process does not take tasks. */
  readonly lock: DatabaseSync | undefined;
}

/** @throws Refusal */
function open(request: OpenQueue): OpenedQueue {
  const found = examine(request); // before the lock: beside a foreign file nothing may be created
  if (!request.working) {
    if (found === undefined) throw new Refusal({ kind: "not-found", problem: "no such file" });
    const known = request.migrations.length;
    if (found < known) throw new Refusal({ kind: "too-old", problem: "older schema", found, known });
    return { db: connect(request), lock: undefined };
  }
  if (found === undefined) makeFolder(request.path);
  const lock = holdLock(request.path);
  try {
    // Again where it was missing, for it may have been made between the first look and the lock.
    if (found === undefined && examine(request) === undefined) create(request);
    const db = connect(request);
    try {
      migrate(db, request.migrations);
      return { db, lock };
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    lock.close();
    throw error;
  }
}

function connect({ path }: OpenQueue): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  return db;
}

function perform(table: TaskTable, operation: Operation): unknown {
  switch (operation.kind) {
    case "put":
      return table.put(operation.task, operation.now);
    case "take":
      return table.take(operation.kinds, operation.most, operation.now);
    case "complete":
      return table.complete(operation.claim, operation.now);
    case "retry":
      return table.retry(operation.claim, operation.error, operation.due, operation.now);
    case "bury":
      return table.bury(operation.claim, operation.error, operation.reason, operation.events, operation.now);
    case "release":
      return table.release(operation.claim, operation.now);
    case "list":
      return table.list(operation.state, operation.after, operation.upTo);
    case "depths":
      return table.depths();
    case "replay":
      return table.replay(operation.id, operation.now);
    case "replayAll":
      return table.replayAll(operation.now);
    case "discard":
      return table.discard(operation.id, operation.reason, operation.now);
  }
}

const reads = (operation: Operation): boolean => operation.kind === "list" || operation.kind === "depths";

type Asked = ToQueue & { readonly kind: "ask" };

function serve({ db, lock }: OpenedQueue, table: TaskTable, pollMs: number): void {
  /** Set for good after a write of which nobody knows whether it is on disk. */
  let broken: Fault | undefined;
  let watching: NodeJS.Timeout | undefined;
  const dataVersion = db.prepare("PRAGMA data_version");
  const versionNow = () => Number(dataVersion.get()?.["data_version"]);
  let version = versionNow();

  const transaction = (group: readonly Asked[]): FromQueue => {
    try {
      if (broken !== undefined) throw new Refusal(broken);
      // Readers take no lock that a writing process could hold for long; writers take theirs at once, not half-way.
      db.exec(group.every(({ operation }) => reads(operation)) ? "BEGIN" : "BEGIN IMMEDIATE");
      const answers = group.map(({ asked, operation }) => [asked, perform(table, operation)] as const);
      db.exec("COMMIT");
      return { kind: "answers", answers };
    } catch (error) {
      const fault = error instanceof Refusal ? error.fault : writeFault(error);
      try {
        if (db.isTransaction) db.exec("ROLLBACK");
      } catch (second) {
        broken = writeFault(second);
      }
      if (fault.kind !== "write-later") broken ??= fault;
      return { kind: "failed", asked: group.map(({ asked }) => asked), fault };
    }
  };

  /** What another process commits changes data_version on this connection; what we commit does not. */
  const look = (): void => {
    const now = versionNow();
    if (now === version) return;
    version = now;
    say({ kind: "changed" });
  };

  const watch = (wanted: boolean): void => {
    clearInterval(watching);
    watching = wanted ? setInterval(look, pollMs) : undefined;
  };

  const close = (): void => {
    watch(false);
    db.close();
    lock?.close();
    port.close();
  };

  port.on("message", (first: ToQueue) => {
    let message: ToQueue | undefined = first;
    while (message !== undefined) {
      if (message.kind === "close") {
        close();
        return;
      }
      if (message.kind === "watch") {
        watch(message.wanted);
        message = next();
        continue;
      }
      const group = [message];
      for (message = next(); message?.kind === "ask" && group.length < MAX_OPERATIONS; message = next()) group.push(message);
      say(transaction(group));
    }
  });

  /** The next message if one already waits. */
  function next(): ToQueue | undefined {
    return receiveMessageOnPort(port)?.message as ToQueue | undefined;
  }
}

try {
  const request = workerData as OpenQueue;
  const queue = open(request);
  const table = new TaskTable(queue.db, request.limits);
  if (request.working) {
    queue.db.exec("BEGIN IMMEDIATE");
    table.beginRun(request.now);
    queue.db.exec("COMMIT");
  }
  serve(queue, table, request.pollMs);
  say({ kind: "open" });
} catch (error) {
  say({ kind: "refused", fault: readFault(error) });
  port.close();
}
