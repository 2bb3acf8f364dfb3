import { Thread } from "../../sqlite/index.ts";
import type { Json, StreamId } from "../../store/event-store.ts";
import { encodeTask } from "../encode.ts";
import { InvalidTask, TaskNotDead, TaskNotFound, TaskQueueClosed, TaskQueueFull, TaskQueueNotOurs, TaskWriteFailed } from "../errors.ts";
import type { Claim, Depths, NewTask, Taken, Task, TaskError, TaskEvent, TaskQueue, TaskState } from "../task-queue.ts";
import { toError } from "./fault-errors.ts";
import type { Answers, FromQueue, OpenQueue, Operation, Row, Settled, ToQueue } from "./protocol.ts";

/** Calls that may be on their way to the thread at once; more than that is refused, not remembered. */
const MAX_IN_FLIGHT = 10_000;
/** Longest reason of an operator. */
const MAX_REASON = 1_000;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The port over one thread. Made by openSqliteTaskQueue. */
export class SqliteTaskQueue implements TaskQueue {
  /** Resolves when the queue is open; rejects with the errors of opening. */
  readonly opened: Promise<undefined>;
  readonly #path: string;
  readonly #now: () => number;
  readonly #limits: OpenQueue["limits"];
  readonly #thread: Thread<ToQueue, FromQueue>;
  readonly #opening = Promise.withResolvers<undefined>();
  readonly #asked = new Map<number, Waiting>();
  readonly #listeners = new Set<() => void>();
  #last = 0;
  /** Why no more can be asked. */
  #over: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(file: URL, now: () => number, request: OpenQueue) {
    this.#path = request.path;
    this.#now = now;
    this.#limits = request.limits;
    this.opened = this.#opening.promise;
    this.#thread = new Thread<ToQueue, FromQueue>(file, request, this.#heard, this.#ended);
    this.#thread.await();
    void this.opened.then(
      () => {
        this.#thread.settle();
      },
      () => undefined, // it has ended
    );
  }

  async put(task: NewTask): Promise<{ outcome: "accepted" | "known"; task: Task }> {
    const answer = await this.#ask<"put">({ kind: "put", task: encodeTask(task), now: this.#time() });
    if (answer.outcome === "full") throw new TaskQueueFull("open tasks", this.#limits.open);
    if (answer.outcome === "accepted") this.#ring();
    return { outcome: answer.outcome, task: taskOf(answer.row) };
  }

  async take(kinds: readonly string[], most: number): Promise<Taken> {
    const answer = await this.#ask<"take">({ kind: "take", kinds, most, now: this.#time() });
    if (answer === "not ours") throw new TaskQueueNotOurs(this.#path);
    const { rows, nextDue, otherKinds } = answer;
    return { tasks: rows.map(taskOf), otherKinds, ...(nextDue !== undefined && { nextDue }) };
  }

  async complete(claim: Claim): Promise<boolean> {
    return await this.#ask<"complete">({ kind: "complete", claim: plain(claim), now: this.#time() });
  }

  async retry(claim: Claim, error: TaskError, notBefore: number): Promise<boolean> {
    const changed = await this.#ask<"retry">({
      kind: "retry",
      claim: plain(claim),
      error: JSON.stringify(error),
      due: Math.ceil(notBefore),
      now: this.#time(),
    });
    if (changed) this.#ring();
    return changed;
  }

  async bury(claim: Claim, error: TaskError, events: readonly TaskEvent[]): Promise<boolean> {
    return await this.#ask<"bury">({
      kind: "bury",
      claim: plain(claim),
      error: JSON.stringify(error),
      reason: `${error.code}: ${error.message}`,
      events: JSON.stringify(events),
      now: this.#time(),
    });
  }

  async release(claim: Claim): Promise<boolean> {
    const changed = await this.#ask<"release">({ kind: "release", claim: plain(claim), now: this.#time() });
    if (changed) this.#ring();
    return changed;
  }

  async *list(state?: TaskState): AsyncGenerator<Task, void, undefined> {
    let after = 0;
    let upTo: number | undefined;
    for (;;) {
      const page: Answers["list"] = await this.#ask<"list">({ kind: "list", state, after, upTo });
      for (const row of page.rows) yield taskOf(row);
      if (!page.more) return;
      upTo = page.upTo;
      after = page.rows.at(-1)?.number ?? page.upTo;
    }
  }

  async depths(): Promise<Depths> {
    return await this.#ask<"depths">({ kind: "depths" });
  }

  async replay(id: string): Promise<Task[]> {
    const tasks = settled(id, await this.#ask<"replay">({ kind: "replay", id, now: this.#time() }));
    this.#ring();
    return tasks;
  }

  async replayAll(): Promise<number> {
    const replayed = await this.#ask<"replayAll">({ kind: "replayAll", now: this.#time() });
    if (replayed > 0) this.#ring();
    return replayed;
  }

  async discard(id: string, reason: string): Promise<Task[]> {
    if (reason.trim() === "") throw new InvalidTask("reason", "must say why");
    if (reason.length > MAX_REASON) throw new InvalidTask("reason", `longer than ${MAX_REASON} characters`);
    return settled(id, await this.#ask<"discard">({ kind: "discard", id, reason, now: this.#time() }));
  }

  watch(listener: () => void): () => void {
    const own = (): void => {
      listener(); // a function of its own, so that one listener may watch twice and stop once
    };
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#thread.post({ kind: "watch", wanted: true });
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#thread.post({ kind: "watch", wanted: false });
    };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** Ends the thread as a kill of the process would, whatever it does; for tests. */
  async crash(): Promise<void> {
    this.#over ??= new TaskQueueClosed();
    await this.#thread.terminate();
  }

  async #close(): Promise<void> {
    this.#over ??= new TaskQueueClosed();
    this.#listeners.clear();
    this.#thread.await();
    this.#thread.post({ kind: "close" });
    await this.#thread.ended;
    this.#thread.settle();
  }

  async #ask<K extends Operation["kind"]>(operation: Operation & { readonly kind: K }): Promise<Answers[K]> {
    if (this.#over !== undefined) throw this.#over;
    if (this.#asked.size >= MAX_IN_FLIGHT) throw new TaskQueueFull("calls in flight", MAX_IN_FLIGHT);
    const asked = ++this.#last;
    this.#thread.await();
    try {
      const answer = await new Promise<unknown>((resolve, reject) => {
        this.#asked.set(asked, { resolve, reject });
        this.#thread.post({ kind: "ask", asked, operation });
      });
      return answer as Answers[K]; // queue-thread.ts answers each kind with its type
    } finally {
      this.#thread.settle();
    }
  }

  #time(): number {
    return Math.floor(this.#now());
  }

  #ring(): void {
    for (const listener of this.#listeners) listener();
  }

  readonly #heard = (message: FromQueue): void => {
    switch (message.kind) {
      case "open":
        this.#opening.resolve(undefined);
        break;
      case "refused":
        this.#over = toError(this.#path, message.fault);
        break;
      case "answers":
        for (const [asked, answer] of message.answers) this.#leave(asked)?.resolve(answer);
        break;
      case "failed": {
        const error = toError(this.#path, message.fault);
        for (const asked of message.asked) this.#leave(asked)?.reject(error);
        break;
      }
      case "changed":
        this.#ring();
    }
  };

  #leave(asked: number): Waiting | undefined {
    const waiting = this.#asked.get(asked);
    this.#asked.delete(asked);
    return waiting;
  }

  readonly #ended = (reason: Error | undefined): void => {
    this.#over ??= new TaskWriteFailed(this.#path, "the queue's thread died", { permanent: true, cause: reason });
    this.#opening.reject(this.#over);
    for (const waiting of this.#asked.values()) waiting.reject(this.#over);
    this.#asked.clear();
    this.#ring(); // whoever waits for work shall learn that none will come
  };
}

/** A claim may be a whole task; only what fences it crosses to the thread. */
const plain = ({ number, epoch }: Claim): Claim => ({ number, epoch });

/** @throws TaskNotFound, TaskNotDead */
function settled(id: string, answer: Settled): Task[] {
  if ("rows" in answer) return answer.rows.map(taskOf);
  throw answer.state === undefined ? new TaskNotFound(id) : new TaskNotDead(id, answer.state);
}

function taskOf(row: Row): Task {
  const { payload, due, streams, accepted, changed, errors, events, reason, ...same } = row;
  return {
    ...same,
    payload: JSON.parse(payload) as Json,
    notBefore: due,
    streams: JSON.parse(streams) as StreamId[],
    acceptedAt: accepted,
    changedAt: changed,
    errors: JSON.parse(errors) as TaskError[],
    events: JSON.parse(events) as TaskEvent[],
    ...(reason !== null && { reason }),
  };
}
