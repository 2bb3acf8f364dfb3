import { closeSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { Refusal, SQLITE, readFault, sqliteCode } from "./fault.ts";

/** A database file of mintd: where it is and how one knows it. */
export interface DatabaseFile {
  readonly path: string;
  /** `PRAGMA application_id` of every file of this sort. It never changes. */
  readonly applicationId: number;
  /** Bytes of a page in a file that is made now. */
  readonly pageSize: number;
  /** The schema's history: entry i brings a file from version i to version i + 1. */
  readonly migrations: readonly string[];
}

/** Milliseconds to wait for another connection's short locks: recovery after a crash, the last checkpoint of a closing writer. */
export const BUSY_TIMEOUT = 5_000;

/** Size in bytes, or undefined where there is no such file. */
export function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/**
 * Opens the main file alone: no locks, no -wal, no -shm, nothing created, nothing altered.
 *
 * Through SQLite and not by node:fs, because closing any descriptor of a file drops all POSIX locks that this process
 * has on it; SQLite knows its own connections and puts the closing off.
 */
export function openFrozen(path: string): DatabaseSync {
  const url = pathToFileURL(resolve(path));
  url.searchParams.set("immutable", "1");
  return new DatabaseSync(url, { readOnly: true });
}

/** Opens a reader that sees a running writer's commits. May create -wal and -shm, so only where a -wal with content exists. */
export function openLive(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT });
}

/** True where a writer is at work, or died, so that the newest commits are in the -wal. */
export function hasWal(path: string): boolean {
  return (sizeOf(`${path}-wal`) ?? 0) > 0;
}

/**
 * Looks at the file's header without altering anything, whatever it is.
 * @returns false where there is no file.
 * @throws Refusal: foreign, corrupt or unavailable. An empty file is corrupt: mintd creates a store whole or not at all, so
 *   an empty one is what is left of something, and going on with it would silently forget every order.
 */
export function probe({ path, applicationId }: DatabaseFile): boolean {
  let size: number | undefined;
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isFile()) throw new Refusal({ kind: "unavailable", problem: "not a regular file" });
    size = stat?.size;
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(readFault(error), error);
  }
  if (size === undefined) return false;
  if (size === 0) throw new Refusal({ kind: "corrupt", problem: "the file is empty; remove it if nothing was ever stored in it" });
  try {
    const db = openFrozen(path);
    try {
      const id = db.prepare("PRAGMA application_id").get()?.["application_id"];
      if (id === applicationId) {
        checkLength(db, path);
        return true;
      }
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const code = sqliteCode(error);
    // A crash in the middle of a checkpoint leaves a main file that only its -wal completes. The live look decides.
    if (code === SQLITE.CORRUPT && hasWal(path) && readHeader(path, applicationId).ours) return true;
    if (code !== SQLITE.CORRUPT && code !== SQLITE.NOTADB) throw new Refusal(readFault(error), error);
  }
  throw new Refusal(classify(path, size, applicationId));
}

/**
 * SQLite itself rounds up: it takes a file whose last page is cut for whole. Not where there is a -wal, which may
 * hold what is missing.
 */
function checkLength(db: DatabaseSync, path: string): void {
  const pages = Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
  const size = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);
  const actual = sizeOf(path) ?? 0;
  if (actual < pages * size && !hasWal(path)) {
    throw new Refusal({ kind: "corrupt", problem: `torn, ${actual} bytes are left of ${pages * size}` });
  }
}

/** Why the file is not an intact store. */
function classify(path: string, size: number, applicationId: number): Refusal["fault"] {
  const { zero, sqlite, ours } = readHeader(path, applicationId);
  if (zero) return { kind: "corrupt", problem: "filled with zeros" };
  if (!sqlite) return { kind: "foreign", problem: "not an SQLite database" };
  if (size < 512 || ours) return { kind: "corrupt", problem: `torn, only ${size} bytes are left or its first page is damaged` };
  return { kind: "foreign", problem: "an SQLite database of another program" };
}

/**
 * Reads the first bytes by node:fs. Dropping our locks by closing it does no harm here: SQLite has just refused the file, so
 * no connection of this process can be at work on it, save in the middle of a checkpoint by this very process, whose
 * connections were all opened after this look.
 */
function readHeader(path: string, applicationId: number): { zero: boolean; sqlite: boolean; ours: boolean } {
  const header = Buffer.alloc(100);
  let read: number;
  const file = openSync(path, "r");
  try {
    read = readSync(file, header, 0, 100, 0);
  } finally {
    closeSync(file);
  }
  // The beginning of the magic counts too: that is a store of which less than its first line is left.
  const sqlite = "SQLite format 3\0".startsWith(header.toString("latin1", 0, Math.min(16, read)));
  return { zero: header.every((byte) => byte === 0), sqlite, ours: sqlite && header.readUInt32BE(68) === applicationId };
}

/**
 * Holds the right to write until the returned connection is closed or its process dies: an exclusive transaction on a file
 * beside the store. The kernel ends it with the process, so no stale lock is ever left. The file itself stays:
 * removing it would let a third process lock a new file while a second still waits on the removed one.
 * @throws Refusal in-use, at once.
 */
export function holdLock(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    const code = sqliteCode(error);
    if (code === SQLITE.BUSY || code === SQLITE.LOCKED) throw new Refusal({ kind: "in-use", problem: "locked" }, error);
    throw new Refusal(readFault(error), error);
  }
}

/**
 * Makes a new store whole or not at all: built under another name, made durable, renamed. Call it with the lock held.
 * @throws Refusal
 */
export function create({ path, applicationId, pageSize, migrations }: DatabaseFile): void {
  const draft = `${path}.new`;
  for (const left of [draft, `${draft}-wal`, `${draft}-shm`, `${draft}-journal`]) rmSync(left, { force: true });
  // A -wal without its main file would be replayed into the new store: somebody removed or moved the main file alone.
  if (hasWal(path)) throw new Refusal({ kind: "corrupt", problem: "the file is missing, but its -wal is there" });
  try {
    const db = new DatabaseSync(draft);
    try {
      db.exec(
        `PRAGMA page_size = ${pageSize}; PRAGMA application_id = ${applicationId}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`,
      );
      migrate(db, migrations);
    } finally {
      db.close();
    }
    fsyncPath(draft);
    renameSync(draft, path);
    fsyncPath(dirname(resolve(path)));
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(readFault(error), error);
  }
}

/** Makes the store's folder where it is missing. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
  } catch (error) {
    throw new Refusal(readFault(error), error);
  }
}

function fsyncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Schema version of an open store. */
export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/** Brings the schema up to date, all steps in one transaction. @throws Refusal too-new, or what SQLite threw. */
export function migrate(db: DatabaseSync, migrations: readonly string[]): void {
  const found = schemaVersion(db);
  checkNotNewer(found, migrations.length);
  if (found === migrations.length) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const step of migrations.slice(found)) db.exec(step);
    db.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
  // The version is then in the main file's header too, where an older program looks before it touches anything.
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** @throws Refusal too-new */
export function checkNotNewer(found: number, known: number): void {
  if (found > known) throw new Refusal({ kind: "too-new", problem: "newer schema", found, known });
}
