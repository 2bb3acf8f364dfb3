import type { DatabaseFile, Fault } from "../../sqlite/index.ts";
import type { EncodedTask } from "../encode.ts";
import type { Claim, Depths, TaskState } from "../task-queue.ts";

/** What the main thread and the queue's thread say to each other. Plain data: it crosses by structured clone. */

export interface QueueLimits {
  /** Most tasks that may wait, run or lie dead. */
  readonly open: number;
  /** Done tasks, and discarded ones, that are kept: the newest so many of each. */
  readonly closed: number;
  /** Times that a process may end while a task runs before the task is taken for the cause and is dead. */
  readonly crashes: number;
  /** Errors kept of one task. */
  readonly errors: number;
}

export interface OpenQueue extends DatabaseFile {
  /** True: to take tasks, in one process at a time. False: to look and to operate; the file must exist. */
  readonly working: boolean;
  readonly limits: QueueLimits;
  /** Milliseconds since the epoch, at the opening. */
  readonly now: number;
  /** Milliseconds between looks for what another process wrote. */
  readonly pollMs: number;
}

/** A row of the table; JSON columns are still text, to be parsed one task at a time on the main thread. */
export interface Row {
  readonly number: number;
  readonly kind: string;
  readonly id: string;
  readonly hash: string;
  readonly payload: string;
  readonly priority: number;
  readonly due: number;
  readonly streams: string;
  readonly accepted: number;
  readonly changed: number;
  readonly state: TaskState;
  readonly tries: number;
  readonly crashes: number;
  readonly epoch: number;
  readonly errors: string;
  readonly events: string;
  readonly reason: string | null;
}

/** `now` is the main thread's clock when the call was made. `error` and `events` are JSON. */
export type Operation =
  | { readonly kind: "put"; readonly task: EncodedTask; readonly now: number }
  | { readonly kind: "take"; readonly kinds: readonly string[]; readonly most: number; readonly now: number }
  | { readonly kind: "complete"; readonly claim: Claim; readonly now: number }
  | { readonly kind: "retry"; readonly claim: Claim; readonly error: string; readonly due: number; readonly now: number }
  | {
      readonly kind: "bury";
      readonly claim: Claim;
      readonly error: string;
      readonly reason: string;
      readonly events: string;
      readonly now: number;
    }
  | { readonly kind: "release"; readonly claim: Claim; readonly now: number }
  | { readonly kind: "list"; readonly state: TaskState | undefined; readonly after: number; readonly upTo: number | undefined }
  | { readonly kind: "depths" }
  | { readonly kind: "replay"; readonly id: string; readonly now: number }
  | { readonly kind: "replayAll"; readonly now: number }
  | { readonly kind: "discard"; readonly id: string; readonly reason: string; readonly now: number };

/** The answer's type for each kind of operation. */
export interface Answers {
  put: { readonly outcome: "accepted" | "known"; readonly row: Row } | { readonly outcome: "full" };
  take: { readonly rows: readonly Row[]; readonly nextDue: number | undefined; readonly otherKinds: readonly string[] } | "not ours";
  complete: boolean;
  retry: boolean;
  bury: boolean;
  release: boolean;
  list: { readonly rows: readonly Row[]; readonly upTo: number; readonly more: boolean };
  depths: Depths;
  replay: Settled;
  replayAll: number;
  discard: Settled;
}

/** What became of the dead letters of an id; without any, the state of its newest task, or undefined where it has none. */
export type Settled = { readonly rows: readonly Row[] } | { readonly state: TaskState | undefined };

export type ToQueue =
  | { readonly kind: "ask"; readonly asked: number; readonly operation: Operation }
  | { readonly kind: "watch"; readonly wanted: boolean }
  | { readonly kind: "close" };

export type FromQueue =
  | { readonly kind: "open" }
  | { readonly kind: "refused"; readonly fault: Fault }
  /** Durable, all of them: pairs of number asked and answer. */
  | { readonly kind: "answers"; readonly answers: readonly (readonly [number, unknown])[] }
  | { readonly kind: "failed"; readonly asked: readonly number[]; readonly fault: Fault }
  /** Another process wrote. */
  | { readonly kind: "changed" };
