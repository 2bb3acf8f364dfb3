/** A stream's name: what it is about, a slash, and its identity, e.g. `order/0x5f…` or `lane/31337/0xab…`. */
export type StreamId = string;

/** Number of events in a stream; 0 where it does not exist. The first event of a stream has version 1. */
export type Version = number;

/** Place in the global order of all events of a store; the first event has position 1. Strictly increasing, without gaps. */
export type Position = number;

/** Anything that JSON carries without loss. Events are data: no classes, no bigint, no undefined. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** An event before it is stored. */
export interface NewEvent {
  readonly kind: string;
  readonly data: Json;
}

/** An event as it stands in the store, for ever. */
export interface StoredEvent extends NewEvent {
  readonly position: Position;
  readonly stream: StreamId;
  readonly version: Version;
  /** Milliseconds since the epoch by the clock of the process that appended it. */
  readonly at: number;
}

/** Events for one stream, with the version at which the writer believes it to be. */
export interface StreamWrite {
  readonly stream: StreamId;
  /** The stream's version before this write; 0: it must not exist yet. */
  readonly expected: Version;
  readonly events: readonly NewEvent[];
}

/** What a reader kept of the events up to `position`, so that it need not read them again. */
export interface Snapshot {
  readonly position: Position;
  readonly data: Json;
}

/**
 * The record of everything: append-only streams in one global order. Every adapter passes the conformance suite in
 * test/src/store.
 */
export interface EventStore {
  /**
   * Appends to one or many streams, all or nothing, contiguous in the global order. Durable (fsynced) when it resolves.
   * Appends in flight at the same time share an fsync; a conflict of one never fails another.
   * @returns the position of the last event written.
   * @throws VersionConflict if a stream is not at its `expected` version; nothing is written then.
   */
  append(writes: readonly StreamWrite[]): Promise<Position>;

  /** Present versions of the given streams, in the same order. */
  versions(streams: readonly StreamId[]): Promise<Version[]>;

  /** The events of one stream from version `from` (default 1), oldest first. */
  read(stream: StreamId, from?: Version): AsyncIterable<StoredEvent>;

  /**
   * All events after position `after` that are stored now, in global order; for catching up. With `about`, only those of
   * streams whose names begin with it: what is left out costs next to nothing.
   */
  readAll(after: Position, about?: string): AsyncIterable<StoredEvent>;

  /**
   * All events after position `after`, and then each new one as it is appended, by this process or by another, in global
   * order, each exactly once. Ends when `signal` aborts or the store is closed.
   */
  subscribe(after: Position, signal: AbortSignal): AsyncIterable<StoredEvent>;

  /** Position of the newest event, 0 where there is none. */
  head(): Promise<Position>;

  /** Replaces the snapshot of this name. Losing it costs a reader time and nothing else. */
  saveSnapshot(name: string, snapshot: Snapshot): Promise<void>;
  loadSnapshot(name: string): Promise<Snapshot | undefined>;

  /** Finishes what is in flight, releases files and threads. Calls after it throw StoreClosed. */
  close(): Promise<void>;
}
