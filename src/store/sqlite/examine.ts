import type { DatabaseSync } from "node:sqlite";
import { checkNotNewer, hasWal, openFrozen, openLive, readFault, Refusal, schemaVersion } from "../../sqlite/index.ts";
import type { OpenRequest } from "./protocol.ts";

/**
 * Looks into an existing store before anything may write to it: a reading connection never checkpoints, so a
 * damaged or newer store stays as it is, its -wal included.
 * @throws Refusal too-new or corrupt
 */
export function examine(request: OpenRequest): void {
  let db: DatabaseSync | undefined;
  try {
    db = hasWal(request.path) ? openLive(request.path) : openFrozen(request.path);
    const found = schemaVersion(db);
    checkNotNewer(found, request.migrations.length);
    if (found === request.migrations.length) checkTail(db);
    if (request.verify) checkAll(db);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(readFault(error), error);
  } finally {
    db?.close();
  }
}

/** Costs a few page reads: the newest event must be there, and the index must agree with it. A lost tail is the likeliest damage. */
function checkTail(db: DatabaseSync): void {
  const last = db.prepare("SELECT position, stream, version, length(data) FROM events ORDER BY position DESC LIMIT 1").get();
  db.prepare("SELECT name, position FROM snapshots LIMIT 1").get();
  if (last === undefined) return;
  const stream = Number(last["stream"]);
  const named = db.prepare("SELECT name FROM streams WHERE id = ?").get(stream);
  const indexed = db.prepare("SELECT position FROM events WHERE stream = ? AND version = ?").get(stream, Number(last["version"]));
  if (named === undefined || indexed?.["position"] !== last["position"]) {
    throw new Refusal({ kind: "corrupt", problem: "the newest event and the indexes do not agree" });
  }
}

/** Reads every page; about a second per gigabyte from memory. */
function checkAll(db: DatabaseSync): void {
  const first = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (first !== "ok") throw new Refusal({ kind: "corrupt", problem: String(first) });
  const count = db.prepare("SELECT count(*) AS events, coalesce(max(position), 0) AS head FROM events").get();
  if (count?.["events"] !== count?.["head"]) throw new Refusal({ kind: "corrupt", problem: "positions have gaps" });
}
