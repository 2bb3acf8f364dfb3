import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StreamNames } from "./names.ts";
import type { Chunk } from "./protocol.ts";

/** Events that one INSERT carries: fewer calls into SQLite, each with its fixed cost. */
const ROWS = 16;
/** Streams whose id and version are kept in memory, in each of two generations. About 20 MB when full. */
const REMEMBERED = 65_536;

interface Known {
  readonly id: number;
  version: number;
}

/**
 * Writes operations into the open transaction of its database and checks expected versions before it writes. It keeps
 * streams' ids and versions in memory, which is right as long as nobody else writes: the lock sees to that, and if it were
 * broken, UNIQUE (stream, version) and the primary keys fail the transaction, and `forget` makes the next look at the truth.
 */
export class Ledger {
  readonly #names: StreamNames;
  readonly #version: StatementSync;
  readonly #addStream: StatementSync;
  readonly #addOne: StatementSync;
  readonly #addMany: StatementSync;
  readonly #saveSnapshot: StatementSync;
  readonly #last: StatementSync;
  /** Two generations instead of an exact LRU: what is used moves to the young one; when that is full, the old one is dropped. */
  #young = new Map<string, Known>();
  #old = new Map<string, Known>();
  #head = 0;
  #lastStream = 0;
  /** The name last looked for in vain, and its free slot. Void as soon as a stream is added, which may take that slot. */
  #missed: { readonly name: string; readonly slot: number } | undefined;
  /** Parameters of events not yet inserted, six each. */
  #rows: (number | string)[] = [];

  /** @param hash replaced in tests, see StreamNames. */
  constructor(db: DatabaseSync, hash?: (name: string) => number) {
    this.#names = new StreamNames(db, hash);
    this.#version = db.prepare(`SELECT coalesce(max(version), 0) AS version FROM events WHERE stream = ?`);
    this.#addStream = db.prepare(`INSERT INTO streams (id, slot, name) VALUES (?, ?, ?)`);
    const insert = (rows: number) =>
      db.prepare(
        `INSERT INTO events (position, stream, version, kind, at, data) VALUES ${Array<string>(rows).fill("(?, ?, ?, ?, ?, ?)").join(", ")}`,
      );
    this.#addOne = insert(1);
    this.#addMany = insert(ROWS);
    this.#saveSnapshot = db.prepare(`INSERT OR REPLACE INTO snapshots (name, position, data) VALUES (?, ?, ?)`);
    this.#last = db.prepare(
      `SELECT coalesce((SELECT max(position) FROM events), 0) AS head, coalesce((SELECT max(id) FROM streams), 0) AS stream`,
    );
    this.forget();
  }

  /** Position of the last event applied, committed or not. */
  get head(): number {
    return this.#head;
  }

  /** Drops what is remembered and reads the head again. Needed after each rollback. */
  forget(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#rows = [];
    this.#missed = undefined;
    const last = this.#last.get();
    this.#head = Number(last?.["head"]);
    this.#lastStream = Number(last?.["stream"]);
  }

  /**
   * Applies the chunk's operations in order. One whose streams are not all at their expected versions writes nothing and is
   * noted in `conflicts` as (`first` + its index, index of the write, actual version).
   */
  apply(chunk: Chunk, first: number, conflicts: number[]): void {
    // Casts and not checks: both threads are ours and encode and decode with the same layout (protocol.ts).
    const { numbers, texts } = chunk;
    let n = 0;
    let t = 0;
    for (let operation = 0; operation < chunk.operations; operation++) {
      const at = numbers[n++] as number;
      const writes = numbers[n++] as number;
      if (writes === 0) {
        this.#saveSnapshot.run(texts[t++] as string, at, texts[t++] as string);
        continue;
      }
      const startN = n;
      const startT = t;
      let conflict = false;
      for (let w = 0; w < writes; w++) {
        const actual = this.#known(texts[t] as string)?.version ?? 0;
        if (actual !== numbers[n] && !conflict) {
          conflict = true;
          conflicts.push(first + operation, w, actual);
        }
        t += 1 + 2 * (numbers[n + 1] as number);
        n += 2;
      }
      if (conflict) continue;
      n = startN;
      t = startT;
      for (let w = 0; w < writes; w++) {
        const stream = this.#stream(texts[t++] as string);
        const events = numbers[n + 1] as number;
        n += 2;
        for (let e = 0; e < events; e++) {
          this.#rows.push(++this.#head, stream.id, ++stream.version, texts[t++] as string, at, texts[t++] as string);
          if (this.#rows.length === ROWS * 6) {
            this.#addMany.run(...this.#rows);
            this.#rows = [];
          }
        }
      }
    }
  }

  /** Inserts what `apply` still holds back. Call it before COMMIT. */
  flush(): void {
    for (let i = 0; i < this.#rows.length; i += 6) this.#addOne.run(...this.#rows.slice(i, i + 6));
    this.#rows = [];
    // Only between transactions: within one, versions of pending rows are known here and not yet in the database.
    if (this.#young.size > REMEMBERED) {
      this.#old = this.#young;
      this.#young = new Map();
    }
  }

  #known(name: string): Known | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    let known = this.#old.get(name);
    if (known === undefined) {
      const found = this.#names.find(name);
      if ("free" in found) {
        this.#missed = { name, slot: found.free };
        return undefined;
      }
      known = { id: found.id, version: Number(this.#version.get(found.id)?.["version"]) };
    }
    this.#young.set(name, known);
    return known;
  }

  #stream(name: string): Known {
    if (this.#missed?.name !== name) {
      const known = this.#known(name);
      if (known !== undefined) return known;
    }
    const slot = this.#missed?.slot ?? 0;
    this.#missed = undefined;
    const created = { id: ++this.#lastStream, version: 0 };
    this.#addStream.run(created.id, slot, name);
    this.#young.set(name, created);
    return created;
  }
}
