import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { checkNotNewer, hasWal, openFrozen, openLive, probe, readFault, Refusal, schemaVersion } from "../../sqlite/index.ts";
import type { OpenQueue } from "./protocol.ts";

/** Looks before damage is believed, and milliseconds before each: longer than the steps in which file systems keep times. */
const LOOKS = 20;
const PAUSE = 50;

/**
 * Looks before anything may write: what is foreign, newer or structurally damaged stays as it is. Every page is read, which a
 * queue, being short, can afford.
 *
 * Race: where no -wal is seen the file is read without locks, so that nothing is created beside it; another process that begins
 * to write and closes meanwhile changes it under the reader, and a sound queue looks damaged.
 * Mitigation: damage is believed only of a file that nobody touched from well before the look until after it.
 * What remains: a file that is changed for a second on end is called damaged if it looks so each time; nothing is altered then.
 *
 * @returns its schema version, or undefined where there is no file. @throws Refusal
 */
export function examine(request: OpenQueue): number | undefined {
  return untouched(request.path, () => (probe(request) ? look(request) : undefined));
}

/** What `look` says of the file, damage only if nobody wrote to it meanwhile. @throws what the last look threw */
export function untouched<T>(path: string, look: () => T): T {
  for (let looks = 1; ; looks++) {
    const before = stamp(path);
    if (looks > 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    try {
      return look();
    } catch (error) {
      if (!(error instanceof Refusal) || error.fault.kind !== "corrupt" || looks === LOOKS) throw error;
      if (looks > 1 && stamp(path) === before) throw error;
    }
  }
}

/** Tells whether the file was written between two looks. */
function stamp(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "none" : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

function look({ path, migrations }: OpenQueue): number {
  let db: DatabaseSync | undefined;
  try {
    db = hasWal(path) ? openLive(path) : openFrozen(path);
    const found = schemaVersion(db);
    checkNotNewer(found, migrations.length);
    const first = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (first !== "ok") throw new Refusal({ kind: "corrupt", problem: String(first) });
    return found;
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(readFault(error), error);
  } finally {
    db?.close();
  }
}
