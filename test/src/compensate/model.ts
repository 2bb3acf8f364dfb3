import { expect } from "chai";
import fc from "fast-check";
import type { Claim, Task, TaskQueue, TaskState } from "../../../src/compensate/index.ts";
import { collect } from "../store/expectations.ts";
import { limits, type QueuePlace } from "./conformance.ts";
import { HandClock } from "./hand-clock.ts";

/** A task as the model knows it. */
interface Modelled {
  readonly number: number;
  readonly key: string;
  readonly kind: string;
  readonly priority: number;
  due: number;
  state: TaskState;
  tries: number;
  crashes: number;
  epoch: number;
}

const kinds = ["a", "b"];
const small = (max: number) => fc.nat({ max });
/** Which of the claims ever given is used; old ones too, as replaced workers do. */
const claim = fc.nat({ max: 1_000 });

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("put" as const), id: small(5), kind: small(1), priority: small(2), delay: small(3) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("take" as const), kinds: fc.subarray(kinds), most: small(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("complete" as const), claim }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("retry" as const), claim, delay: small(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("bury" as const), claim }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("release" as const), claim }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("replay" as const), id: small(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("replayAll" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("discard" as const), id: small(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const), crash: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: small(4) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const open: readonly TaskState[] = ["waiting", "running", "dead"];

/** The queue as a list of tasks; what each call must answer follows from it. */
class Model {
  readonly tasks: Modelled[] = [];
  readonly claims: Claim[] = [];

  put(key: string, kind: string, priority: number, due: number): "accepted" | "known" {
    if (this.tasks.some((task) => task.key === key && task.kind === kind && open.includes(task.state))) return "known";
    this.tasks.push({ number: this.tasks.length + 1, key, kind, priority, due, state: "waiting", tries: 0, crashes: 0, epoch: 0 });
    return "accepted";
  }

  take(of: readonly string[], most: number, now: number): number[] {
    const due = this.tasks.filter((task) => task.state === "waiting" && of.includes(task.kind) && task.due <= now);
    due.sort((a, b) => a.priority - b.priority || a.due - b.due || a.number - b.number);
    const taken = due.slice(0, most);
    for (const task of taken) {
      task.state = "running";
      this.claims.push({ number: task.number, epoch: ++task.epoch });
    }
    return taken.map(({ number }) => number);
  }

  /** The task, if this claim to it still holds. */
  held({ number, epoch }: Claim): Modelled | undefined {
    return this.tasks.find((task) => task.number === number && task.epoch === epoch && task.state === "running");
  }

  dead(id?: string): Modelled[] {
    return this.tasks.filter((task) => task.state === "dead" && (id === undefined || task.key === id));
  }

  restart(): void {
    for (const task of this.tasks) {
      if (task.state !== "running") continue;
      task.state = ++task.crashes >= limits.crashes ? "dead" : "waiting";
    }
  }
}

/**
 * Plays random calls, claims of replaced workers and crashes among them, against the queue and against the model, and compares
 * every answer and at the end every task.
 */
export async function checkAgainstModel(create: () => Promise<QueuePlace>, seed: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: "max" }), async (steps) => {
      const place = await create();
      const clock = new HandClock();
      const now = () => clock.now();
      let queue = await place.open("worker", now);
      const model = new Model();
      try {
        for (const one of steps) {
          if (one.do === "reopen") {
            await (one.crash ? place.crash(queue) : queue.close());
            queue = await place.open("worker", now);
            model.restart();
          } else await play(one, queue, model, clock);
        }
        const found = await collect(queue.list());
        expect(found.map(facts)).to.deep.equal(model.tasks.map((task) => facts({ ...task, id: task.key, notBefore: task.due })));
        const depths = await queue.depths();
        for (const [state, count] of Object.entries(depths)) {
          expect(count, state).to.equal(model.tasks.filter((task) => task.state === state).length);
        }
      } finally {
        await queue.close();
        await place.remove();
      }
    }),
    { seed, numRuns: 40 },
  );
}

const facts = ({ number, id, kind, priority, notBefore, state, tries, crashes, epoch }: Pick<Task, "number" | "id" | "kind" | "priority" | "notBefore" | "state" | "tries" | "crashes" | "epoch">) => ({ number, id, kind, priority, notBefore, state, tries, crashes, epoch }); // prettier-ignore

async function play(step: Exclude<Step, { do: "reopen" }>, queue: TaskQueue, model: Model, clock: HandClock): Promise<void> {
  const at = clock.now();
  const error = { at, code: "E", message: "m" };
  const chosen = "claim" in step ? model.claims[step.claim % Math.max(1, model.claims.length)] : undefined;
  const task = chosen && model.held(chosen);
  if ("claim" in step && chosen === undefined) return; // nothing was ever taken
  const claimed = chosen as Claim;
  switch (step.do) {
    case "wait":
      clock.advance(step.ms);
      return;
    case "put": {
      const kind = kinds[step.kind] ?? "";
      const expected = model.put(String(step.id), kind, step.priority, at + step.delay);
      const { outcome } = await queue.put({ kind, id: String(step.id), payload: 1, priority: step.priority, notBefore: at + step.delay });
      expect(outcome).to.equal(expected);
      return;
    }
    case "take": {
      const { tasks } = await queue.take(step.kinds, step.most);
      expect(tasks.map(({ number }) => number)).to.deep.equal(model.take(step.kinds, step.most, at));
      return;
    }
    case "complete":
      expect(await queue.complete(claimed)).to.equal(task !== undefined);
      if (task) task.state = "done";
      return;
    case "retry":
      expect(await queue.retry(claimed, error, at + step.delay)).to.equal(task !== undefined);
      if (task) Object.assign(task, { state: "waiting", tries: task.tries + 1, due: at + step.delay });
      return;
    case "bury":
      expect(await queue.bury(claimed, error, [])).to.equal(task !== undefined);
      if (task) Object.assign(task, { state: "dead", tries: task.tries + 1 });
      return;
    case "release":
      expect(await queue.release(claimed)).to.equal(task !== undefined);
      if (task) task.state = "waiting";
      return;
    case "replay":
    case "discard": {
      const dead = model.dead(String(step.id));
      const settled = step.do === "replay" ? queue.replay(String(step.id)) : queue.discard(String(step.id), "why not");
      const numbers = await settled.then(
        (tasks) => tasks.map(({ number }) => number),
        () => [],
      );
      expect(numbers).to.have.members(dead.map(({ number }) => number));
      const changes = step.do === "replay" ? { state: "waiting", tries: 0, crashes: 0, due: at } : { state: "discarded" };
      for (const one of dead) Object.assign(one, changes);
      return;
    }
    case "replayAll": {
      const dead = model.dead();
      expect(await queue.replayAll()).to.equal(dead.length);
      for (const one of dead) Object.assign(one, { state: "waiting", tries: 0, crashes: 0, due: at });
    }
  }
}
