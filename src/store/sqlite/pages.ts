import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { statSync } from "node:fs";
import { checkNotNewer, hasWal, openFrozen, openLive, probe, Refusal, schemaVersion, sizeOf } from "../../sqlite/index.ts";
import { examine } from "./examine.ts";
import { StreamNames } from "./names.ts";
import type { OpenRequest, Page, StoredSnapshot } from "./protocol.ts";

/** A page ends after so many rows or characters of data, whichever comes first: memory stays flat however long the read. */
const PAGE_ROWS = 512;
const PAGE_CHARACTERS = 256 * 1024;

interface Connection {
  readonly db: DatabaseSync;
  readonly names: StreamNames;
  readonly all: StatementSync;
  readonly allAbout: StatementSync;
  readonly stream: StatementSync;
  readonly version: StatementSync;
  readonly head: StatementSync;
  readonly snapshot: StatementSync;
}

/**
 * Answers reads from a store's file.
 *
 * Beside a writer (a -wal with content) it reads through an ordinary connection. With no writer at work, such a connection
 * would create -wal and -shm, which a reader must not; so the main file is then read frozen, without locks.
 *
 * Race: a writer may start, and move pages into the main file, while a frozen read is under way.
 * Mitigation: a frozen read counts only if afterwards the files are as they were before; otherwise what it saw, errors
 * included, is thrown away and read again.
 * What remains: a writer that starts, checkpoints and closes within one read and within one tick of the file system's clock
 * (milliseconds at most) of an earlier change of the file. And a writer that closes between our look at its -wal
 * and our opening it: the connection then leaves an empty -wal and a -shm, which the next writer takes away.
 */
export class Pages {
  readonly #request: OpenRequest;
  readonly #besideOwnWriter: boolean;
  #live: Connection | undefined;
  #frozen: { readonly connection: Connection; readonly mark: string } | undefined;

  /**
   * @param besideOwnWriter true where this process writes: then the file was examined, and its -wal is there to stay.
   * @throws Refusal
   */
  constructor(request: OpenRequest, besideOwnWriter: boolean) {
    this.#request = request;
    this.#besideOwnWriter = besideOwnWriter;
    if (besideOwnWriter) return;
    if (!probe(request)) throw new Refusal({ kind: "not-found", problem: "no such file" });
    examine(request);
  }

  /** @param about how the names of the streams begin; empty for all */
  all(after: number, about: string): Page {
    return this.#read(({ all, allAbout }) => toPage(about === "" ? all.iterate(after) : allAbout.iterate(after, about, about)));
  }

  stream(stream: string, from: number): Page {
    return this.#read((connection) => toPage(connection.stream.iterate(connection.names.id(stream), from)));
  }

  versions(streams: readonly string[]): number[] {
    return this.#read(({ db, names, version }) => {
      db.exec("BEGIN"); // one moment for all of them, though a writer commits meanwhile
      try {
        return streams.map((stream) => Number(cellsOf(version.get(names.id(stream)))[0]));
      } finally {
        db.exec("COMMIT");
      }
    });
  }

  head(): number {
    return this.#read(({ head }) => Number(cellsOf(head.get())[0]));
  }

  snapshot(name: string): StoredSnapshot | undefined {
    return this.#read(({ snapshot }) => {
      const row = snapshot.get(name);
      if (row === undefined) return undefined;
      const [position, data] = cellsOf(row);
      return { position: Number(position), data: String(data) };
    });
  }

  close(): void {
    this.#live?.db.close();
    this.#live = undefined;
    this.#thaw();
  }

  #thaw(): void {
    this.#frozen?.connection.db.close();
    this.#frozen = undefined;
  }

  #read<T>(look: (connection: Connection) => T): T {
    const { path } = this.#request;
    if (this.#live === undefined && !this.#besideOwnWriter && !hasWal(path)) {
      const mark = markOf(path);
      try {
        if (this.#frozen?.mark !== mark) this.#thaw();
        this.#frozen ??= { connection: this.#connect(openFrozen(path)), mark };
        const seen = look(this.#frozen.connection);
        if (markOf(path) === mark) return seen;
      } catch (error) {
        if (markOf(path) === mark) throw error;
      }
      return this.#read(look);
    }
    this.#thaw();
    this.#live ??= this.#connect(openLive(path));
    return look(this.#live);
  }

  /** @throws Refusal too-new or too-old; then `db` is closed. */
  #connect(db: DatabaseSync): Connection {
    try {
      const found = schemaVersion(db);
      const known = this.#request.migrations.length;
      checkNotNewer(found, known);
      if (found < known) throw new Refusal({ kind: "too-old", problem: "older schema", found, known });
      const prepare = (sql: string): StatementSync => {
        const statement = db.prepare(sql);
        statement.setReturnArrays(true);
        return statement;
      };
      const columns = "position, name, version, kind, at, data";
      return {
        db,
        names: new StreamNames(db),
        all: prepare(
          `SELECT ${columns} FROM events JOIN streams ON streams.id = events.stream WHERE position > ? ORDER BY position LIMIT ${PAGE_ROWS}`,
        ),
        // The name is looked at before the data, which may be pages long, is.
        allAbout: prepare(
          `SELECT ${columns} FROM events JOIN streams ON streams.id = events.stream WHERE position > ? AND substr(name, 1, length(?)) = ? ORDER BY position LIMIT ${PAGE_ROWS}`,
        ),
        stream: prepare(
          `SELECT ${columns} FROM events JOIN streams ON streams.id = events.stream WHERE stream = ? AND version >= ? ORDER BY version LIMIT ${PAGE_ROWS}`,
        ),
        version: prepare("SELECT coalesce(max(version), 0) FROM events WHERE stream = ?"),
        head: prepare("SELECT coalesce(max(position), 0) FROM events"),
        snapshot: prepare("SELECT position, data FROM snapshots WHERE name = ?"),
      };
    } catch (error) {
      db.close();
      throw error;
    }
  }
}

/** Changes whenever a writer has touched the files. */
function markOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "none" : `${stat.ino}:${stat.size}:${stat.mtimeNs}:${sizeOf(`${path}-wal`) ?? 0}`;
}

/** The types of node:sqlite do not know that setReturnArrays makes rows arrays. */
function cellsOf(row: unknown): readonly SQLOutputValue[] {
  if (!Array.isArray(row)) throw new TypeError("rows are arrays here");
  return row as SQLOutputValue[];
}

function toPage(rows: Iterable<unknown>): Page {
  const cells: (number | string)[] = [];
  let count = 0;
  let characters = 0;
  for (const row of rows) {
    for (const cell of cellsOf(row)) cells.push(cell as number | string); // STRICT tables hold nothing else
    characters += String(cells.at(-1)).length;
    if (++count === PAGE_ROWS || characters >= PAGE_CHARACTERS) return { cells, more: true };
  }
  return { cells, more: false };
}
