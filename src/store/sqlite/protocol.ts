import type { DatabaseFile, Fault } from "../../sqlite/index.ts";

/** What the threads say to each other. Everything here crosses by structured clone, so: plain data, few and large messages. */

/** What both threads need to open a store. */
export interface OpenRequest extends DatabaseFile {
  /** Also check every page and every position before the store is used. */
  readonly verify: boolean;
  /** WAL pages after which a commit also moves them into the main file. */
  readonly checkpointPages: number;
}

/**
 * A run of operations, flattened so that cloning costs two arrays and no object per event.
 *
 * An append:   numbers at, writes, then per write: expected, events;  texts per write: stream, then per event: kind, data.
 * A snapshot:  numbers position, 0;                                   texts name, data.
 */
export interface Chunk {
  readonly kind: "chunk";
  readonly operations: number;
  readonly numbers: number[];
  readonly texts: string[];
}

export type ToWriter = Chunk | { readonly kind: "close" };

export type FromWriter =
  | { readonly kind: "open"; readonly head: number }
  | { readonly kind: "refused"; readonly fault: Fault }
  /**
   * The next `operations` of the queue are durable, except the conflicting ones. Positions follow from `before`, the head
   * before this transaction, and the number of events of each, which the main thread knows.
   * `conflicts` holds triples: index of the operation in this transaction, index of the write in it, actual version.
   */
  | { readonly kind: "committed"; readonly operations: number; readonly before: number; readonly conflicts: readonly number[] }
  /** The next `operations` of the queue are in doubt. */
  | { readonly kind: "failed"; readonly operations: number; readonly fault: Fault };

export type ReadRequest =
  | { readonly kind: "open"; readonly request: OpenRequest; readonly besideOwnWriter: boolean }
  | { readonly kind: "all"; readonly after: number; readonly about: string }
  | { readonly kind: "stream"; readonly stream: string; readonly from: number }
  | { readonly kind: "versions"; readonly streams: readonly string[] }
  | { readonly kind: "head" }
  | { readonly kind: "snapshot"; readonly name: string };

/** Rows flattened: position, stream, version, kind, at, data, position, ... `more` is false where the page is the last. */
export interface Page {
  readonly cells: readonly (number | string)[];
  readonly more: boolean;
}

export interface StoredSnapshot {
  readonly position: number;
  readonly data: string;
}

/** The answer's type for each kind of request. */
export interface ReadAnswers {
  open: number;
  all: Page;
  stream: Page;
  versions: number[];
  head: number;
  snapshot: StoredSnapshot | undefined;
}

export type ToReader = { readonly id: number; readonly request: ReadRequest } | { readonly kind: "close" };
export type FromReader = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly fault: Fault };
