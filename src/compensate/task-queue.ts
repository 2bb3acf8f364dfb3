import type { Json, Position, StreamId } from "../store/event-store.ts";

/**
 * Where a task stands. `waiting` is due now or later, `running` is with a worker, `done` succeeded, `dead` (a dead letter)
 * spent its tries and waits for a person, `discarded` was given up by one.
 */
export const taskStates = ["waiting", "running", "done", "dead", "discarded"] as const;
export type TaskState = (typeof taskStates)[number];

/** Least urgent priority; 0 is the most urgent. */
export const LEAST_URGENT = 9;

/** Work that repairs state after a failure, before it is accepted. */
export interface NewTask {
  /** Names the handler that does the work, e.g. `order/execute`. */
  readonly kind: string;
  /**
   * The caller's name for this work. The same id, kind and payload are the same task while it waits, runs or lies dead: put
   * again meanwhile, it is not done again. Where a new cause is new work, the payload names the cause (a transaction's hash, a version).
   */
  readonly id: string;
  readonly payload: Json;
  /** 0 (most urgent, the default) to 9. */
  readonly priority?: number;
  /** Not to be started before, milliseconds since the epoch. Default: at once. */
  readonly notBefore?: number;
  /** Streams of the event store that the work is about. Should the task die, their last events tell why it came to be. */
  readonly streams?: readonly StreamId[];
}

/** One failed attempt at a task. */
export interface TaskError {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

/** An event that led to a dead letter; the event itself is in the event store. */
export interface TaskEvent {
  readonly position: Position;
  readonly stream: StreamId;
  readonly kind: string;
}

/** A task as the queue keeps it. */
export interface Task {
  /** Order of acceptance; never given to another task. */
  readonly number: number;
  readonly kind: string;
  readonly id: string;
  /** SHA-256 of kind and payload, hexadecimal. */
  readonly hash: string;
  readonly payload: Json;
  readonly priority: number;
  readonly notBefore: number;
  readonly streams: readonly StreamId[];
  /** When it was accepted and when its state last changed, milliseconds since the epoch. */
  readonly acceptedAt: number;
  readonly changedAt: number;
  readonly state: TaskState;
  /** Failed attempts since it was accepted or last replayed. */
  readonly tries: number;
  /** Times that the process ended while the task ran. */
  readonly crashes: number;
  /** Rises each time that a worker gets the task: the fencing token. */
  readonly epoch: number;
  /** The newest errors, oldest first. */
  readonly errors: readonly TaskError[];
  /** Of a dead letter: the last events of its streams when it died. */
  readonly events: readonly TaskEvent[];
  /** Why it is dead (`code: message` of the last error) or discarded (the operator's words). */
  readonly reason?: string;
}

/** A worker's right to one task: void as soon as the task was given to anybody else. */
export interface Claim {
  readonly number: number;
  readonly epoch: number;
}

export interface Taken {
  /** Now running, in the order in which they should be started. */
  readonly tasks: readonly Task[];
  /** When the next waiting task of the asked kinds is due, milliseconds since the epoch; undefined where there is none. */
  readonly nextDue?: number;
  /** Kinds that wait, due or not, and were not asked for. */
  readonly otherKinds: readonly string[];
}

export type Depths = Readonly<Record<TaskState, number>>;

/**
 * A durable queue with priorities, delays and dead letters. Every adapter passes the conformance suite in
 * test/src/compensate. One process takes tasks from it; others may put, list, replay and discard at the same time.
 *
 * Every change of state is a conditional write: `complete`, `retry`, `bury` and `release` name the claim, and answer false
 * and change nothing where the task is not running under it any more.
 *
 * Race: a worker that was given up (time-out, dead process) may still finish its work while another has the task.
 * Mitigation: its claim's epoch is checked inside the write, so what it says is not recorded.
 * What remains: its effects outside. Work is done at least once, never twice at the same time by workers that heed their
 * signal; a handler must bear being run again.
 */
export interface TaskQueue {
  /**
   * Accepts a task: durable (fsynced) when it resolves, and not seen by any worker before that.
   * @returns the task as it stands: `known` where it was accepted before and waits, runs or lies dead; then nothing changed.
   * @throws InvalidTask, TaskQueueFull; nothing is written then.
   */
  put(task: NewTask): Promise<{ readonly outcome: "accepted" | "known"; readonly task: Task }>;

  /**
   * Gives due tasks of these kinds to the caller: most urgent first, then by due time, then by acceptance.
   * @throws TaskQueueNotOurs where this queue was not opened to work.
   */
  take(kinds: readonly string[], most: number): Promise<Taken>;

  /** The work is done. */
  complete(claim: Claim): Promise<boolean>;

  /** An attempt failed; the task waits until `notBefore` for the next. */
  retry(claim: Claim, error: TaskError, notBefore: number): Promise<boolean>;

  /** The last attempt failed: the task is a dead letter from now on. */
  bury(claim: Claim, error: TaskError, events: readonly TaskEvent[]): Promise<boolean>;

  /** Gives the task back undone; no try is counted. */
  release(claim: Claim): Promise<boolean>;

  /** Tasks in order of acceptance, from a moment during the call on; all states, or one. */
  list(state?: TaskState): AsyncIterable<Task>;

  /** How many tasks are in each state. */
  depths(): Promise<Depths>;

  /**
   * Dead letters of this id wait again, with no tries counted.
   * @returns them. @throws TaskNotFound, TaskNotDead
   */
  replay(id: string): Promise<Task[]>;

  /** All dead letters wait again. @returns how many. */
  replayAll(): Promise<number>;

  /**
   * Gives up the dead letters of this id.
   * @returns them. @throws TaskNotFound, TaskNotDead, InvalidTask where the reason is empty
   */
  discard(id: string, reason: string): Promise<Task[]>;

  /** Calls `listener` when there may be new work, put by this process or, within about 200 ms, by another. Returns the way to stop. */
  watch(listener: () => void): () => void;

  /** Finishes what is in flight. Calls after it throw TaskQueueClosed. */
  close(): Promise<void>;
}
