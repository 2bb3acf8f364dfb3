import { performance } from "node:perf_hooks";
import type { EventStore, Position, Snapshot, StoredEvent, StreamId, StreamWrite, Version } from "../store/event-store.ts";

/** Hears of appends. */
export interface AppendListener {
  /** The writes are durable. */
  appended(writes: readonly StreamWrite[], head: Position, ms: number): void;
  /** They were refused, or are in doubt. */
  appendFailed(): void;
}

/** A store whose appends are timed and told to a listener; everything else goes straight through. */
export class ObservedStore implements EventStore {
  readonly #store: EventStore;
  readonly #listener: AppendListener;

  constructor(store: EventStore, listener: AppendListener) {
    this.#store = store;
    this.#listener = listener;
  }

  async append(writes: readonly StreamWrite[]): Promise<Position> {
    const since = performance.now();
    let head: Position;
    try {
      head = await this.#store.append(writes);
    } catch (error) {
      this.#listener.appendFailed();
      throw error;
    }
    this.#listener.appended(writes, head, performance.now() - since);
    return head;
  }

  versions(streams: readonly StreamId[]): Promise<Version[]> {
    return this.#store.versions(streams);
  }

  read(stream: StreamId, from?: Version): AsyncIterable<StoredEvent> {
    return this.#store.read(stream, from);
  }

  readAll(after: Position, about?: string): AsyncIterable<StoredEvent> {
    return this.#store.readAll(after, about);
  }

  subscribe(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent> {
    return this.#store.subscribe(after, signal);
  }

  head(): Promise<Position> {
    return this.#store.head();
  }

  saveSnapshot(name: string, snapshot: Snapshot): Promise<void> {
    return this.#store.saveSnapshot(name, snapshot);
  }

  loadSnapshot(name: string): Promise<Snapshot | undefined> {
    return this.#store.loadSnapshot(name);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
