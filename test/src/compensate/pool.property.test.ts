import { expect } from "chai";
import fc from "fast-check";
import { Compensation, type Task, type TaskChange } from "../../../src/compensate/index.ts";
import { openSqliteTaskQueueWith } from "../../../src/compensate/sqlite/open.ts";
import { collect } from "../store/expectations.ts";
import { seed } from "../store/seed.ts";
import { Folder } from "../store/sqlite/folder.ts";
import { HandClock } from "./hand-clock.ts";

/** What an attempt does; `deaf` ones do not heed their signal, and `late` ones succeed long after. */
type Behaviour = "succeeds" | "fails" | "throws" | "stops in time" | "late" | "deaf";

const behaviour = fc.constantFrom<Behaviour>("succeeds", "fails", "throws", "stops in time", "late", "deaf");

const scenario = fc.record({
  tasks: fc.array(
    fc.record({ attempts: fc.array(behaviour, { minLength: 6, maxLength: 6 }), priority: fc.nat({ max: 2 }), delay: fc.nat({ max: 50 }) }),
    { minLength: 1, maxLength: 8 },
  ),
  workers: fc.integer({ min: 1, max: 4 }),
  random: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 5, maxLength: 5 }),
  /** After how many turns of the clock the process dies. */
  crashes: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
  turns: fc.array(fc.nat({ max: 40 }), { minLength: 10, maxLength: 10 }),
});

const timing = { timeoutMs: 30, graceMs: 20 };

describe("Compensation, whatever its handlers do and whenever it dies", function () {
  this.timeout(120_000);

  it("brings every task to an end, tries it at most four times a life, and runs none twice at once while it is heeded", async () => {
    const reached = { done: 0, dead: 0, ignored: 0, crashed: 0 };
    await fc.assert(
      fc.asyncProperty(scenario, async ({ tasks, workers, random, crashes, turns }) => {
        const folder = new Folder();
        const clock = new HandClock();
        const now = () => clock.now();
        const open = () => openSqliteTaskQueueWith({ path: folder.path, role: "worker", now, limits: { crashes: 100 } }, {});
        const changes: TaskChange[] = [];
        const begun = new Map<string, number>();
        const twice: string[] = [];
        const stopped: (() => void)[] = [];
        let draws = 0;

        /** @param live ids whose attempt in this process neither ended nor was told to */
        const handler = (id: string, task: Task, signal: AbortSignal, live: Set<string>): Promise<void> => {
          const n = begun.get(id) ?? 0;
          begun.set(id, n + 1);
          if (live.has(id)) twice.push(id);
          live.add(id);
          const over = () => live.delete(id);
          signal.addEventListener("abort", over);
          const { promise, resolve, reject } = Promise.withResolvers<undefined>();
          const end = (how: () => void) => () => {
            over();
            how();
          };
          const failing = end(() => {
            reject(new Error("no"));
          });
          const succeeding = end(() => {
            resolve(undefined);
          });
          switch (tasks[Number(id)]?.attempts[(n + task.epoch) % 6]) {
            case "succeeds":
              succeeding();
              break;
            case "fails":
              failing();
              break;
            case "throws":
              over();
              throw new Error("at once");
            case "stops in time":
              signal.addEventListener("abort", failing);
              break;
            case "late":
              void clock.pause(timing.timeoutMs + timing.graceMs + 25).then(() => {
                resolve(undefined);
              });
              break;
            default:
              stopped.push(() => {
                reject(new Error("never"));
              });
          }
          return promise;
        };

        let queue = await open();
        const start = () => {
          const live = new Set<string>();
          const compensation = new Compensation({
            queue,
            clock,
            workers,
            graceMs: timing.graceMs,
            random: () => random[draws++ % random.length] ?? 0,
            history: () => Promise.resolve([]),
            onChange: (change) => changes.push(change),
          });
          compensation.register("work", (_, { task, signal }) => handler(task.id, task, signal, live), timing);
          compensation.start();
          return compensation;
        };
        let compensation = start();
        try {
          for (const [id, { priority, delay }] of tasks.entries()) {
            await compensation.put({ kind: "work", id: String(id), payload: null, priority, notBefore: clock.now() + delay });
          }
          for (let turn = 0; ; turn++) {
            if (turn > 2_000) throw new Error(`never ends: ${JSON.stringify(await collect(queue.list()))}`);
            const { waiting, running } = await queue.depths();
            if (waiting + running === 0) break;
            clock.advance(turns[turn % turns.length] ?? 1);
            if (turn > 100) clock.advance(10); // in the end time passes, whatever was drawn
            if (!crashes.includes(turn)) continue;
            reached.crashed += running;
            await queue.crash();
            queue = await open();
            compensation = start();
          }
          expect(twice, "run twice at once").to.deep.equal([]);
          const found = await collect(queue.list());
          expect(found).to.have.length(tasks.length);
          for (const task of found) {
            expect(task.state).to.be.oneOf(["done", "dead"]);
            expect(task.tries, "failures that counted").to.be.at.most(4);
            expect(task.state === "dead", "dead after the fourth failure and not before").to.equal(task.tries === 4);
            expect(begun.get(task.id), "begun once for each epoch").to.be.at.most(task.epoch);
            expect(task.epoch, "each taking ended in a failure, a crash or the success").to.be.at.most(task.tries + task.crashes + 1);
          }
          for (const kind of ["done", "dead"] as const) {
            const told = changes.filter((change) => change.kind === kind).map(({ task }) => task.id);
            expect(new Set(told).size, `${kind} is told once`).to.equal(told.length);
            reached[kind] += told.length;
          }
          for (const { kind } of changes) if (kind === "ignored") reached.ignored++;
        } finally {
          for (const stop of stopped) stop();
          const draining = { over: false };
          void compensation.drain().then(() => (draining.over = true));
          while (!draining.over) {
            clock.advance(100);
            await queue.depths();
          }
          clock.advance(1_000);
          await queue.close();
          folder.remove();
        }
      }),
      { seed, numRuns: 25 },
    );
    console.log(`      ${JSON.stringify(reached)}`);
    for (const [what, count] of Object.entries(reached)) expect(count, `${what} must happen, or nothing was tested`).to.be.above(0);
  });
});
