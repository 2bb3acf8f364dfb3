import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { DatabaseSync } from "node:sqlite";
import {
  BUSY_TIMEOUT,
  create,
  type Fault,
  holdLock,
  makeFolder,
  migrate,
  probe,
  readFault,
  Refusal,
  SQLITE,
  sqliteCode,
  writeFault,
} from "../../sqlite/index.ts";
import { examine } from "./examine.ts";
import { Ledger } from "./ledger.ts";
import type { Chunk, FromWriter, OpenRequest, ToWriter } from "./protocol.ts";

/** The writing thread: the one owner of the writing connection. One transaction at a time, as many operations in it as wait. */

/** Operations after which a transaction commits though more wait, so that a steady stream cannot put off its fsync. */
const MAX_OPERATIONS = 2_048;

if (parentPort === null) throw new Error("writer.ts runs in a worker thread");
const port = parentPort;
const say = (message: FromWriter): void => {
  port.postMessage(message);
};

/** Set for good after a write of which nobody knows whether it is on disk. */
let broken: Fault | undefined;

function open(request: OpenRequest): { db: DatabaseSync; lock: DatabaseSync; ledger: Ledger } {
  const existed = probe(request); // before the lock: beside a foreign file nothing may be created
  if (!existed) makeFolder(request.path);
  const lock = holdLock(request.path);
  try {
    // Again, for it may have been made or replaced between the first look and the lock.
    if (probe(request)) examine(request);
    else create(request);
    const db = new DatabaseSync(request.path, { timeout: BUSY_TIMEOUT });
    try {
      db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${request.checkpointPages}`);
      // 32 MB of cache for the random inserts into the index of names; a -wal that grew is cut back to 128 MB.
      db.exec("PRAGMA cache_size = -32000; PRAGMA journal_size_limit = 134217728");
      migrate(db, request.migrations);
      return { db, lock, ledger: new Ledger(db) };
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** The next message if one already waits. */
function waiting(): ToWriter | undefined {
  const received = receiveMessageOnPort(port);
  return received === undefined ? undefined : (received.message as ToWriter);
}

function serve(db: DatabaseSync, lock: DatabaseSync, ledger: Ledger): void {
  const total = (chunks: readonly Chunk[]) => chunks.reduce((sum, chunk) => sum + chunk.operations, 0);

  /**
   * Takes `first` and everything that arrives while it is being written into one transaction: the main thread serialises
   * the next chunk while this thread inserts the last, and all of them share one fsync.
   * @returns a message that is not a chunk and came in between.
   */
  const group = (first: Chunk): ToWriter | undefined => {
    const chunks = [first];
    let other: ToWriter | undefined;
    const more = (): Chunk | undefined => {
      if (total(chunks) >= MAX_OPERATIONS) return undefined;
      const message = waiting();
      if (message?.kind !== "chunk") {
        other = message;
        return undefined;
      }
      chunks.push(message);
      return message;
    };
    try {
      if (broken !== undefined) throw new Refusal(broken);
      say(transaction(chunks, more));
    } catch (error) {
      const fault = error instanceof Refusal ? error.fault : writeFault(error);
      say({ kind: "failed", operations: total(chunks), fault });
    }
    return other;
  };

  const transaction = (chunks: readonly Chunk[], more: () => Chunk | undefined, again = false): FromWriter => {
    try {
      db.exec("BEGIN IMMEDIATE");
      const before = ledger.head;
      const conflicts: number[] = [];
      let operations = 0;
      const apply = (chunk: Chunk): void => {
        ledger.apply(chunk, operations, conflicts);
        operations += chunk.operations;
      };
      chunks.forEach(apply);
      for (let chunk = more(); chunk !== undefined; chunk = more()) apply(chunk);
      ledger.flush();
      db.exec("COMMIT");
      return { kind: "committed", operations, before, conflicts };
    } catch (error) {
      undo(error);
      // A constraint can only fail if somebody wrote past our lock. With nothing remembered, the versions are read from the
      // file inside the transaction, and conflicts come out as conflicts.
      if (sqliteCode(error) === SQLITE.CONSTRAINT && !again) return transaction(chunks, () => undefined, true);
      throw error;
    }
  };

  const undo = (error: unknown): void => {
    const fault = writeFault(error);
    try {
      if (db.isTransaction) db.exec("ROLLBACK");
      ledger.forget();
    } catch (second) {
      broken = writeFault(second);
    }
    if (fault.kind !== "write-later" && sqliteCode(error) !== SQLITE.CONSTRAINT) broken = fault;
  };

  const close = (): void => {
    try {
      // Fails where the disk is full; then the -wal stays and the next opening reads it: nothing is lost.
      if (broken === undefined) db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // see above
    }
    db.close();
    lock.close();
    port.close();
  };

  port.on("message", (message: ToWriter) => {
    let next: ToWriter | undefined = message;
    while (next !== undefined) {
      if (next.kind === "close") {
        close();
        return;
      }
      next = group(next);
    }
  });
}

try {
  const request = workerData as OpenRequest;
  const { db, lock, ledger } = open(request);
  serve(db, lock, ledger);
  say({ kind: "open", head: ledger.head });
} catch (error) {
  say({ kind: "refused", fault: readFault(error) });
  port.close();
}
