import { MintdError } from "../../../src/error.ts";
import type { EventStore, Position, Snapshot, StoredEvent, StreamId, StreamWrite, Version } from "../../../src/store/event-store.ts";

export class VersionConflict extends MintdError {
  readonly code = "VERSION_CONFLICT";
}

/** What happens around the moment at which an append is durable; the default does nothing. */
export interface AppendHooks {
  /** May wait, or throw: nothing is stored then. */
  before?: () => Promise<void>;
  /** May wait, or throw: it is stored, and the caller does not know. */
  after?: () => Promise<void>;
}

/** The port over arrays, for model tests: it keeps the same promises, except that nothing survives the process. */
export class MemoryStore implements EventStore {
  readonly events: StoredEvent[] = [];
  readonly hooks: AppendHooks = {};
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  async append(writes: readonly StreamWrite[]): Promise<Position> {
    await this.hooks.before?.();
    this.#assertOpen();
    for (const { stream, expected } of writes) {
      if (this.#versionOf(stream) !== expected) throw new VersionConflict(`${stream} is not at ${String(expected)}`);
    }
    for (const { stream, events } of writes) {
      for (const event of events) {
        const place = { position: this.events.length + 1, stream, version: this.#versionOf(stream) + 1, at: Date.now() };
        this.events.push({ ...structuredClone(event), ...place });
      }
    }
    const head = this.events.length;
    this.#wake();
    await this.hooks.after?.();
    return head;
  }

  versions(streams: readonly StreamId[]): Promise<Version[]> {
    return Promise.resolve(streams.map((stream) => this.#versionOf(stream)));
  }

  async *read(stream: StreamId, from: Version = 1): AsyncIterable<StoredEvent> {
    await Promise.resolve();
    yield* this.events.filter((event) => event.stream === stream && event.version >= from);
  }

  async *readAll(after: Position, about = ""): AsyncIterable<StoredEvent> {
    await Promise.resolve();
    yield* this.events.slice(after).filter(({ stream }) => stream.startsWith(about));
  }

  async *subscribe(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent> {
    for (let next = after; !signal.aborted && !this.#closed;) {
      const event = this.events[next];
      if (event === undefined) {
        await this.#change(signal);
        continue;
      }
      next += 1;
      yield event;
    }
  }

  head(): Promise<Position> {
    return Promise.resolve(this.events.length);
  }

  saveSnapshot(name: string, snapshot: Snapshot): Promise<void> {
    this.#snapshots.set(name, structuredClone(snapshot));
    return Promise.resolve();
  }

  loadSnapshot(name: string): Promise<Snapshot | undefined> {
    return Promise.resolve(structuredClone(this.#snapshots.get(name)));
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    return Promise.resolve();
  }

  #versionOf(stream: StreamId): Version {
    return this.events.filter((event) => event.stream === stream).length;
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("the store is closed");
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      signal.addEventListener("abort", () => {
        resolve();
      });
    });
  }
}
