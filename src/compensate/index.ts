/** Compensation: a durable queue of work that repairs state after a failure, and the workers that do it. */
export { Compensation, type CompensationOptions } from "./compensation.ts";
export * from "./errors.ts";
export type { TaskChange, TaskContext, TaskHandler } from "./handling.ts";
export { lastEvents } from "./history.ts";
export { openSqliteTaskQueue, queuePathBeside, type SqliteTaskQueueOptions } from "./sqlite/open.ts";
export {
  type Claim,
  type Depths,
  LEAST_URGENT,
  type NewTask,
  type Taken,
  type Task,
  type TaskError,
  type TaskEvent,
  type TaskQueue,
  type TaskState,
  taskStates,
} from "./task-queue.ts";
