import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EncodedTask } from "../encode.ts";
import { TaskCrashedTooOften } from "../errors.ts";
import { type Claim, type Depths, LEAST_URGENT, type TaskState } from "../task-queue.ts";
import { failureOf } from "../failure.ts";
import type { Answers, QueueLimits, Row, Settled } from "./protocol.ts";

/** Tasks, or characters of their texts, after which a page of a listing ends. */
const PAGE_TASKS = 100;
const PAGE_CHARACTERS = 512 * 1024;
/** Closed tasks beyond the limit before they are pruned, so that it is not done at every completion. */
const SLACK = 64;

/**
 * The queue's rows and every change that may be made to them. Call it inside a transaction. A change names in its WHERE all
 * that must still be true, so that it is right whatever another process wrote before.
 */
export class TaskTable {
  readonly #limits: QueueLimits;
  readonly #statements: ReturnType<typeof prepare>;
  /** Number of this process's run, 0 where it may not take tasks. */
  #run = 0;

  constructor(db: DatabaseSync, limits: QueueLimits) {
    this.#limits = limits;
    this.#statements = prepare(db);
  }

  /**
   * A new run begins: what the former one left running waits again, for whoever ran it is dead (we hold the lock). Tasks
   * during which the process ended too often are taken for the cause and are dead.
   */
  beginRun(now: number): void {
    const { newRun, returned, suspected } = this.#statements;
    this.#run = Number(one(newRun.get())["newest"]);
    const error = new TaskCrashedTooOften(this.#limits.crashes);
    suspected.run({
      now,
      error: JSON.stringify(failureOf(error, now)),
      reason: `${error.code}: ${error.message}`,
      most: this.#limits.crashes,
      errors: this.#limits.errors,
    });
    returned.run({ now });
  }

  put(task: EncodedTask, now: number): Answers["put"] {
    const { known, insert } = this.#statements;
    const before = known.get(task.id, task.hash);
    if (before !== undefined) return { outcome: "known", row: rowOf(before) };
    const { waiting, running, dead } = this.depths();
    if (waiting + running + dead >= this.#limits.open) return { outcome: "full" };
    return { outcome: "accepted", row: rowOf(one(insert.get({ ...task, now }))) };
  }

  take(kinds: readonly string[], most: number, now: number): Answers["take"] {
    const { thisRun, due, claim, next } = this.#statements;
    // Law 5: the lock says who may take, the run's number makes sure of it.
    if (this.#run === 0 || thisRun.get(this.#run) === undefined) return "not ours";
    const rows: Row[] = [];
    let nextDue: number | undefined;
    for (let priority = 0; priority <= LEAST_URGENT; priority++) {
      const found = rows.length < most ? kinds.flatMap((kind) => due.all(kind, priority, now, most - rows.length)) : [];
      const ordered = found
        .map((row) => ({ number: Number(row["number"]), due: Number(row["due"]) }))
        .sort((a, b) => a.due - b.due || a.number - b.number);
      for (const { number } of ordered.slice(0, most - rows.length)) rows.push(rowOf(one(claim.get({ number, now }))));
      for (const kind of kinds) {
        const row = next.get(kind, priority);
        if (row !== undefined) nextDue = Math.min(nextDue ?? Infinity, Number(row["due"]));
      }
    }
    return { rows, nextDue, otherKinds: this.#waitingKinds().filter((kind) => !kinds.includes(kind)) };
  }

  complete(claim: Claim, now: number): boolean {
    const changed = this.#statements.complete.run({ ...fence(claim), now }).changes === 1;
    if (changed) this.#prune("done");
    return changed;
  }

  retry(claim: Claim, error: string, due: number, now: number): boolean {
    return this.#statements.retry.run({ ...fence(claim), error, due, now, errors: this.#limits.errors }).changes === 1;
  }

  bury(claim: Claim, error: string, reason: string, events: string, now: number): boolean {
    return this.#statements.bury.run({ ...fence(claim), error, reason, events, now, errors: this.#limits.errors }).changes === 1;
  }

  release(claim: Claim, now: number): boolean {
    return this.#statements.release.run({ ...fence(claim), now }).changes === 1;
  }

  /** A page of tasks whose numbers are above `after` and at most `upTo`, by default the newest there is. */
  list(state: TaskState | undefined, after: number, upTo: number | undefined): Answers["list"] {
    const { newest, all, inState } = this.#statements;
    const end = upTo ?? Number(one(newest.get())["number"]);
    const rows: Row[] = [];
    let characters = 0;
    for (const row of state === undefined ? all.iterate(after, end) : inState.iterate(state, after, end)) {
      const task = rowOf(row);
      rows.push(task);
      characters += task.payload.length + task.streams.length + task.errors.length + task.events.length;
      if (rows.length >= PAGE_TASKS || characters >= PAGE_CHARACTERS) return { rows, upTo: end, more: true };
    }
    return { rows, upTo: end, more: false };
  }

  depths(): Depths {
    const counts: Record<string, number> = {};
    for (const row of this.#statements.depths.all()) counts[String(row["state"])] = Number(row["tasks"]);
    const { waiting = 0, running = 0, done = 0, dead = 0, discarded = 0 } = counts;
    return { waiting, running, done, dead, discarded };
  }

  replay(id: string, now: number): Settled {
    return this.#settled(id, this.#statements.replay.all({ id, now }));
  }

  replayAll(now: number): number {
    return Number(this.#statements.replayAll.run({ now }).changes);
  }

  discard(id: string, reason: string, now: number): Settled {
    const settled = this.#settled(id, this.#statements.discard.all({ id, reason, now }));
    if ("rows" in settled) this.#prune("discarded");
    return settled;
  }

  #settled(id: string, rows: readonly unknown[]): Settled {
    if (rows.length > 0) return { rows: rows.map(rowOf) };
    const row = this.#statements.newestOf.get(id);
    return { state: row === undefined ? undefined : (String(row["state"]) as TaskState) };
  }

  /** Kinds that have a waiting task: one seek each. */
  #waitingKinds(): string[] {
    const kinds: string[] = [];
    for (let last = ""; ;) {
      const row = this.#statements.kindAfter.get(last);
      if (row === undefined) return kinds;
      kinds.push((last = String(row["kind"])));
    }
  }

  #prune(state: "done" | "discarded"): void {
    const count = this.depths()[state];
    if (count > this.#limits.closed + SLACK) this.#statements.prune.run({ state, count: count - this.#limits.closed });
  }
}

/** The claim in every WHERE: the task is still running, and for nobody newer. */
const FENCE = "number = :number AND epoch = :epoch AND state = 'running'";
/** The errors with one more, the oldest dropped where there are too many. */
const MORE_ERRORS = `(SELECT json_group_array(json(value)) FROM (
  SELECT value FROM (SELECT key, value FROM json_each(json_insert(tasks.errors, '$[#]', json(:error))) ORDER BY key DESC LIMIT :errors) ORDER BY key))`;

function prepare(db: DatabaseSync) {
  const sql = (text: string): StatementSync => db.prepare(text);
  return {
    newRun: sql("UPDATE runs SET newest = newest + 1 RETURNING newest"),
    thisRun: sql("SELECT 1 FROM runs WHERE newest = ?"),
    suspected: sql(
      `UPDATE tasks SET state = 'dead', changed = :now, crashes = crashes + 1, reason = :reason, errors = ${MORE_ERRORS}
       WHERE state = 'running' AND crashes + 1 >= :most`,
    ),
    returned: sql("UPDATE tasks SET state = 'waiting', changed = :now, crashes = crashes + 1 WHERE state = 'running'"),
    known: sql("SELECT * FROM tasks WHERE id = ? AND hash = ? AND state IN ('waiting', 'running', 'dead')"),
    insert: sql(
      `INSERT INTO tasks (kind, id, hash, payload, priority, due, streams, accepted, changed, state)
       VALUES (:kind, :id, :hash, :payload, :priority, max(:notBefore, :now), :streams, :now, :now, 'waiting') RETURNING *`,
    ),
    due: sql(
      "SELECT number, due FROM tasks WHERE state = 'waiting' AND kind = ? AND priority = ? AND due <= ? ORDER BY due, number LIMIT ?",
    ),
    next: sql("SELECT due FROM tasks WHERE state = 'waiting' AND kind = ? AND priority = ? ORDER BY due LIMIT 1"),
    kindAfter: sql("SELECT kind FROM tasks WHERE state = 'waiting' AND kind > ? ORDER BY kind LIMIT 1"),
    claim: sql(
      "UPDATE tasks SET state = 'running', epoch = epoch + 1, changed = :now WHERE number = :number AND state = 'waiting' RETURNING *",
    ),
    complete: sql(`UPDATE tasks SET state = 'done', changed = :now WHERE ${FENCE}`),
    retry: sql(`UPDATE tasks SET state = 'waiting', changed = :now, due = :due, tries = tries + 1, errors = ${MORE_ERRORS} WHERE ${FENCE}`),
    bury: sql(
      `UPDATE tasks SET state = 'dead', changed = :now, tries = tries + 1, reason = :reason, events = :events, errors = ${MORE_ERRORS}
       WHERE ${FENCE}`,
    ),
    release: sql(`UPDATE tasks SET state = 'waiting', changed = :now WHERE ${FENCE}`),
    newest: sql("SELECT coalesce(max(number), 0) AS number FROM tasks"),
    all: sql("SELECT * FROM tasks WHERE number > ? AND number <= ? ORDER BY number"),
    inState: sql("SELECT * FROM tasks WHERE state = ? AND number > ? AND number <= ? ORDER BY number"),
    depths: sql("SELECT state, tasks FROM depths"),
    replay: sql(
      `UPDATE tasks SET state = 'waiting', changed = :now, due = :now, tries = 0, crashes = 0, reason = NULL, events = '[]'
       WHERE id = :id AND state = 'dead' RETURNING *`,
    ),
    replayAll: sql(
      `UPDATE tasks SET state = 'waiting', changed = :now, due = :now, tries = 0, crashes = 0, reason = NULL, events = '[]'
       WHERE state = 'dead'`,
    ),
    discard: sql("UPDATE tasks SET state = 'discarded', changed = :now, reason = :reason WHERE id = :id AND state = 'dead' RETURNING *"),
    newestOf: sql("SELECT state FROM tasks WHERE id = ? ORDER BY number DESC LIMIT 1"),
    prune: sql("DELETE FROM tasks WHERE number IN (SELECT number FROM tasks WHERE state = :state ORDER BY number LIMIT :count)"),
  };
}

const fence = ({ number, epoch }: Claim) => ({ number, epoch });

/** The columns are named as Row's fields, and the table is STRICT. */
const rowOf = (row: unknown): Row => ({ ...(row as Row) });

/** A row of a statement that always gives one. */
function one(row: Record<string, unknown> | undefined): Record<string, unknown> {
  if (row === undefined) throw new Error("a statement that gives a row gave none");
  return row;
}
