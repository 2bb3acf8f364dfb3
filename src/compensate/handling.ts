import type { Json } from "../store/event-store.ts";
import type { Task, TaskError } from "./task-queue.ts";

/** What a handler is told besides the payload. */
export interface TaskContext {
  /** Aborts when the time is up: end soon, by whatever error. */
  readonly signal: AbortSignal;
  /** The task under its claim; `epoch` fences what the handler writes elsewhere. */
  readonly task: Task;
}

/** Does a task's work. It may be called again for the same task, after a failure or a crash, so it must bear that. */
export type TaskHandler = (payload: Json, context: TaskContext) => Promise<unknown>;

/** What happened to a task here, for logs and metrics. Other processes' changes show in `depths`. */
export type TaskChange =
  | { readonly kind: "accepted" | "known"; readonly task: Task }
  | { readonly kind: "started"; readonly task: Task; readonly worker: number }
  | { readonly kind: "done"; readonly task: Task; readonly worker: number; readonly ms: number }
  /** Tried again not before `notBefore`. */
  | { readonly kind: "failed"; readonly task: Task; readonly worker: number; readonly error: TaskError; readonly notBefore: number }
  | { readonly kind: "dead"; readonly task: Task; readonly worker: number; readonly error: TaskError }
  /** A result came under a claim that is void; it was not recorded. */
  | { readonly kind: "ignored"; readonly task: Task };
