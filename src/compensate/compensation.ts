import type { Clock } from "../clock.ts";
import type { StreamId } from "../store/event-store.ts";
import { attempt, type Ending } from "./attempt.ts";
import { InvalidRegistration, TaskKindUnknown, TaskNeverEnds, TaskTimedOut, TaskWriteFailed } from "./errors.ts";
import { failureOf } from "./failure.ts";
import type { TaskChange, TaskHandler } from "./handling.ts";
import type { Depths, NewTask, Task, TaskEvent, TaskQueue } from "./task-queue.ts";

export interface CompensationOptions {
  /** Opened to work. Whoever opened it closes it, after `drain`. */
  readonly queue: TaskQueue;
  readonly clock: Clock;
  /** Jitter, in [0, 1). */
  readonly random: () => number;
  /** Tasks that run at the same time. Default 4. */
  readonly workers?: number;
  /** How long a handler may take to end after its signal aborted, in milliseconds. Default 1,000. */
  readonly graceMs?: number;
  /** The last events of the streams of a task that dies, see `lastEvents`. */
  readonly history: (streams: readonly StreamId[]) => Promise<readonly TaskEvent[]>;
  readonly onChange?: (change: TaskChange) => void;
  readonly onReplaced?: (replaced: { readonly worker: number; readonly by: number; readonly task: Task }) => void;
  /** Hears what goes wrong while work goes on: a full disk, kinds that nobody does, handlers that never end. */
  readonly onTrouble?: (error: unknown) => void;
}

/** Delay of the first retry in milliseconds, its growth, and how many: the n-th waits up to 10 x 1.5^(n-1), full jitter. */
const retries = { first: 10, factor: 1.5, most: 3 };
/** Failures in a row after which a worker is replaced. */
const FAILURES_IN_A_ROW = 3;
/**
 * Handlers of one kind that may have outlived their grace before no more tasks of the kind are taken, since they hold memory.
 * Each worker may then add one, so they are never more than this and the workers together.
 */
const MAX_STRAYS = 64;
/** Longest wait between two looks at the queue, whatever is due when. */
const LONGEST_WAIT = 60_000;
/** Wait after the queue could not be written: between the two, doubling. */
const trouble = { first: 10, most: 1_000 };
const MAX_TIMEOUT = 86_400_000;

interface Registered {
  readonly handler: TaskHandler;
  readonly timeoutMs: number;
  strays: number;
}

interface Worker {
  readonly number: number;
  failures: number;
}

/**
 * Does the tasks of a queue with a few workers: each task at least once, again after a failure, and as a dead letter for a
 * person after the last try. Retries are durable: a task that failed twice before a crash has two tries left after it.
 */
export class Compensation {
  readonly #queue: TaskQueue;
  readonly #options: CompensationOptions;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Registered>();
  /** Kinds reported as known to nobody. */
  readonly #reported = new Set<string>();
  readonly #idle: Worker[];
  readonly #running = new Set<Promise<void>>();
  #lastWorker: number;
  #bell = Promise.withResolvers<undefined>();
  #stopping = new AbortController();
  #serving: Promise<void> | undefined;
  #drained: Promise<void> | undefined;

  constructor(options: CompensationOptions) {
    this.#queue = options.queue;
    this.#options = options;
    this.#clock = options.clock;
    this.#lastWorker = options.workers ?? 4;
    this.#idle = Array.from({ length: this.#lastWorker }, (_, i) => ({ number: i + 1, failures: 0 }));
  }

  /**
   * Says who does tasks of this kind, and how long an attempt may take.
   * @throws InvalidRegistration
   */
  register(kind: string, handler: TaskHandler, { timeoutMs }: { readonly timeoutMs: number }): void {
    if (this.#kinds.has(kind)) throw new InvalidRegistration(kind, "is registered already");
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT) {
      throw new InvalidRegistration(kind, "has a time-out out of range");
    }
    this.#kinds.set(kind, { handler, timeoutMs, strays: 0 });
    this.#ring();
  }

  /** Accepts a task: durable when it resolves. @throws InvalidTask, TaskQueueFull, TaskWriteFailed */
  async put(task: NewTask): Promise<Task> {
    const { outcome, task: accepted } = await this.#queue.put(task);
    this.#tell({ kind: outcome, task: accepted });
    return accepted;
  }

  /** Begins to work. Does nothing where it has begun. */
  start(): void {
    this.#serving ??= this.#serve();
  }

  /** Takes no more tasks and resolves when the running ones have ended and that is recorded. What waits is kept for the next start. */
  drain(): Promise<void> {
    return (this.#drained ??= this.#drain());
  }

  /** How many tasks are in each state. */
  depths(): Promise<Depths> {
    return this.#queue.depths();
  }

  async #drain(): Promise<void> {
    this.#stopping.abort();
    this.#ring();
    await this.#serving;
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #serve(): Promise<void> {
    const ring = () => {
      this.#ring();
    };
    const unwatch = this.#queue.watch(ring);
    let wait = trouble.first;
    try {
      while (!this.#stopping.signal.aborted) {
        const rung = this.#bell.promise; // before we look, so that nothing that comes meanwhile is overheard
        let due: number | undefined;
        try {
          due = await this.#take();
          wait = trouble.first;
        } catch (error) {
          this.#trouble(error);
          if (!passing(error)) return;
          due = this.#clock.now() + wait;
          wait = Math.min(wait * 2, trouble.most);
        }
        await this.#until(rung, due);
      }
    } finally {
      unwatch();
    }
  }

  /** Gives due tasks to idle workers. @returns when to look again; undefined: when something happens. */
  async #take(): Promise<number | undefined> {
    if (this.#idle.length === 0) return undefined;
    const kinds = [...this.#kinds].filter(([, { strays }]) => strays < MAX_STRAYS).map(([kind]) => kind);
    const { tasks, nextDue, otherKinds } = await this.#queue.take(kinds, this.#idle.length);
    for (const kind of otherKinds) {
      if (this.#kinds.has(kind) || this.#reported.has(kind)) continue;
      this.#reported.add(kind);
      this.#trouble(new TaskKindUnknown(kind));
    }
    for (const task of tasks) {
      const worker = this.#stopping.signal.aborted ? undefined : this.#idle.shift();
      const running = worker === undefined ? this.#release(task) : this.#run(worker, task);
      this.#running.add(running);
      void running.then(() => this.#running.delete(running));
    }
    return this.#idle.length === 0 ? undefined : nextDue;
  }

  /** Until the bell rings, or `due` has come. */
  async #until(rung: Promise<undefined>, due: number | undefined): Promise<void> {
    if (due === undefined) {
      await rung;
      return;
    }
    const over = new AbortController();
    const ms = Math.min(Math.max(0, due - this.#clock.now()), LONGEST_WAIT);
    await Promise.race([rung, this.#clock.pause(ms, over.signal)]);
    over.abort();
  }

  /** One attempt by one worker, to its end in the record. Never rejects. */
  async #run(worker: Worker, task: Task): Promise<void> {
    const registered = this.#kinds.get(task.kind);
    if (registered === undefined) return; // not possible: only registered kinds are taken
    const { handler, timeoutMs } = registered;
    const begun = this.#clock.now();
    this.#tell({ kind: "started", task, worker: worker.number });
    const { ending, stray } = await attempt((signal) => handler(task.payload, { signal, task }), new TaskTimedOut(task.kind, timeoutMs), {
      timeoutMs,
      graceMs: this.#options.graceMs ?? 1_000,
      clock: this.#clock,
    });
    if (stray !== undefined) this.#follow(stray, registered, task);
    if (ending.ok) await this.#succeeded(worker, task, begun);
    else await this.#failed(worker, task, ending.error);
    this.#idle.push(ending.ok ? { ...worker, failures: 0 } : this.#afterFailure(worker, task));
    this.#ring();
  }

  async #succeeded(worker: Worker, task: Task, begun: number): Promise<void> {
    const recorded = await this.#record(() => this.#queue.complete(task));
    if (recorded === true) this.#tell({ kind: "done", task, worker: worker.number, ms: this.#clock.now() - begun });
    if (recorded === false) this.#tell({ kind: "ignored", task });
  }

  async #failed(worker: Worker, task: Task, thrown: unknown): Promise<void> {
    const at = Math.floor(this.#clock.now());
    const error = failureOf(thrown, at);
    if (task.tries < retries.most) {
      const notBefore = Math.ceil(at + retries.first * retries.factor ** task.tries * this.#options.random());
      const recorded = await this.#record(() => this.#queue.retry(task, error, notBefore));
      if (recorded === true) this.#tell({ kind: "failed", task, worker: worker.number, error, notBefore });
      if (recorded === false) this.#tell({ kind: "ignored", task });
      return;
    }
    const events = await this.#history(task);
    const recorded = await this.#record(() => this.#queue.bury(task, error, events));
    if (recorded === true) this.#tell({ kind: "dead", task, worker: worker.number, error });
    if (recorded === false) this.#tell({ kind: "ignored", task });
  }

  /** A worker that fails again and again may be what is wrong, so a fresh one takes its place. */
  #afterFailure(worker: Worker, task: Task): Worker {
    const failures = worker.failures + 1;
    if (failures < FAILURES_IN_A_ROW) return { ...worker, failures };
    const fresh = { number: ++this.#lastWorker, failures: 0 };
    this.#safely(() => this.#options.onReplaced?.({ worker: worker.number, by: fresh.number, task }));
    return fresh;
  }

  /** Work that outlived its grace: should it succeed, the claim says whether that still counts. */
  #follow(stray: Promise<Ending>, registered: Registered, task: Task): void {
    if (++registered.strays === MAX_STRAYS) this.#trouble(new TaskNeverEnds(task.kind, MAX_STRAYS));
    void stray.then(async (ending) => {
      registered.strays--;
      this.#ring();
      if (!ending.ok) return;
      try {
        const counts = await this.#queue.complete(task);
        this.#tell(counts ? { kind: "done", task, worker: 0, ms: 0 } : { kind: "ignored", task });
      } catch {
        // The queue is closed or cannot be written: the task is tried again, as if the work had never ended.
      }
    });
  }

  /** What cannot be read does not keep a dead letter from being one. */
  async #history(task: Task): Promise<readonly TaskEvent[]> {
    if (task.streams.length === 0) return [];
    try {
      return await this.#options.history(task.streams);
    } catch (error) {
      this.#trouble(error);
      return [];
    }
  }

  async #release(task: Task): Promise<void> {
    await this.#record(() => this.#queue.release(task));
  }

  /**
   * Records an outcome, again and again while that may yet succeed (the disk is full).
   * @returns whether the claim still held; undefined where it could not be recorded: the task then comes back with the next run.
   */
  async #record(write: () => Promise<boolean>): Promise<boolean | undefined> {
    for (let wait = trouble.first; ; wait = Math.min(wait * 2, trouble.most)) {
      try {
        return await write();
      } catch (error) {
        this.#trouble(error);
        if (!passing(error) || this.#stopping.signal.aborted) return undefined;
        await this.#clock.pause(wait, this.#stopping.signal);
      }
    }
  }

  #ring(): void {
    const rung = this.#bell;
    this.#bell = Promise.withResolvers();
    rung.resolve(undefined);
  }

  #tell(change: TaskChange): void {
    this.#safely(() => this.#options.onChange?.(change));
  }

  /** A listener that throws is no reason to lose a worker. */
  #safely(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#trouble(error);
    }
  }

  #trouble(error: unknown): void {
    this.#options.onTrouble?.(error);
  }
}

/** Whether the same call may succeed later. */
const passing = (error: unknown): boolean => error instanceof TaskWriteFailed && !error.permanent;
