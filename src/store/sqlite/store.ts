import { checkCount } from "../encode.ts";
import { StoreClosed, StoreReadOnly } from "../errors.ts";
import type { EventStore, Json, Position, Snapshot, StoredEvent, StreamId, StreamWrite, Version } from "../event-store.ts";
import { eventsOf, type Reading } from "./reading.ts";
import type { Tail } from "./tail.ts";
import type { Writing } from "./writing.ts";

/** The port over two threads: one writes and one reads. Made by openSqliteStore. */
export class SqliteStore implements EventStore {
  readonly #path: string;
  readonly #reading: Reading;
  /** Undefined where the store was opened for reading only. */
  readonly #writing: Writing | undefined;
  readonly #tail: Tail;
  #closing: Promise<void> | undefined;

  constructor(path: string, reading: Reading, writing: Writing | undefined, tail: Tail) {
    this.#path = path;
    this.#reading = reading;
    this.#writing = writing;
    this.#tail = tail;
  }

  append(writes: readonly StreamWrite[]): Promise<Position> {
    // Not an async function: that would be one promise more for each append.
    if (this.#closing !== undefined) return Promise.reject(new StoreClosed());
    if (this.#writing === undefined) return Promise.reject(new StoreReadOnly(this.#path));
    return this.#writing.queue.append(writes);
  }

  async versions(streams: readonly StreamId[]): Promise<Version[]> {
    this.#checkOpen();
    return await this.#reading.ask({ kind: "versions", streams });
  }

  async *read(stream: StreamId, from: Version = 1): AsyncGenerator<StoredEvent, void, undefined> {
    this.#checkOpen();
    checkCount(from, "from");
    const ask = (version: Version) => this.#reading.ask({ kind: "stream", stream, from: version });
    yield* eventsOf(ask(from), (last) => ask(last.version + 1));
  }

  async *readAll(after: Position, about = ""): AsyncGenerator<StoredEvent, void, undefined> {
    this.#checkOpen();
    checkCount(after, "after");
    // "Stored now": what is appended while we read belongs to the next call, or a reader might never come to an end.
    const head = await this.head();
    if (after >= head) return;
    for await (const event of this.#following(after, about)) {
      if (event.position > head) return;
      yield event;
      if (event.position === head) return;
    }
  }

  async *subscribe(after: Position, signal: AbortSignal): AsyncGenerator<StoredEvent, void, undefined> {
    this.#checkOpen();
    checkCount(after, "after");
    let seen = after;
    const over = (): boolean => signal.aborted || this.#closing !== undefined;
    while (!over()) {
      await this.#tail.beyond(seen, signal);
      try {
        if (over()) return;
        for await (const event of this.#following(seen, "")) {
          if (over()) return;
          seen = event.position;
          yield event;
        }
      } catch (error) {
        if (error instanceof StoreClosed) return;
        throw error;
      }
    }
  }

  async head(): Promise<Position> {
    this.#checkOpen();
    return await this.#reading.ask({ kind: "head" });
  }

  async saveSnapshot(name: string, snapshot: Snapshot): Promise<void> {
    this.#checkOpen();
    if (this.#writing === undefined) throw new StoreReadOnly(this.#path);
    await this.#writing.queue.saveSnapshot(name, snapshot);
  }

  async loadSnapshot(name: string): Promise<Snapshot | undefined> {
    this.#checkOpen();
    const stored = await this.#reading.ask({ kind: "snapshot", name });
    return stored && { position: stored.position, data: JSON.parse(stored.data) as Json };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#tail.end();
    await this.#writing?.queue.idle();
    // The reader first: the last connection to close is then the writer's, which takes -wal and -shm away.
    await this.#reading.close();
    await this.#writing?.close();
  }

  #following(after: Position, about: string): AsyncGenerator<StoredEvent, void, undefined> {
    const ask = (position: Position) => this.#reading.ask({ kind: "all", after: position, about });
    return eventsOf(ask(after), (last) => ask(last.position));
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreClosed();
  }
}
