import { expect } from "chai";
import type { NewTask, Task, TaskQueue, TaskState } from "../../../src/compensate/index.ts";
import type { Json } from "../../../src/store/index.ts";
import { eventually } from "../../eventually.ts";
import { collect, failure } from "../store/expectations.ts";
import { seed } from "../store/seed.ts";
import { HandClock } from "./hand-clock.ts";
import { checkAgainstModel } from "./model.ts";

/** A place where one queue lives, and outlives its closing. */
export interface QueuePlace {
  open(role: "worker" | "operator", now: () => number): Promise<TaskQueue>;
  /** Ends a queue as a kill of its process would. */
  crash(queue: TaskQueue): Promise<void>;
  remove(): Promise<void>;
}

export interface SmallLimits {
  readonly open: number;
  readonly closed: number;
  readonly crashes: number;
}

/** What the suite needs of its places: small limits, so that they are met. */
export const limits: SmallLimits = { open: 200, closed: 20, crashes: 3 };

const oops = { at: 1, code: "OOPS", message: "it failed" };
const ids = (tasks: readonly Task[]): string[] => tasks.map(({ id }) => id);

/** What every adapter of the TaskQueue port promises. @param create makes a new, empty place with `limits`. */
export function taskQueueConformance(name: string, create: () => Promise<QueuePlace>): void {
  describe(`TaskQueue on ${name}`, function () {
    this.timeout(90_000);
    let place: QueuePlace;
    let queue: TaskQueue;
    let clock: HandClock;
    const now = () => clock.now();
    const put = (id: string, more: Partial<NewTask> = {}) => queue.put({ kind: "mend", id, payload: null, ...more });
    const listed = (state?: TaskState) => collect(queue.list(state));
    /** Takes one and lets its last attempt fail. */
    const bury = async (id: string, payload: Json = null): Promise<void> => {
      await put(id, { payload });
      const { tasks } = await queue.take(["mend"], 1);
      expect(ids(tasks)).to.deep.equal([id]);
      if (tasks[0]) expect(await queue.bury(tasks[0], oops, [{ position: 7, stream: "order/1", kind: "failed" }])).to.equal(true);
    };

    beforeEach(async () => {
      clock = new HandClock();
      place = await create();
      queue = await place.open("worker", now);
    });

    afterEach(async () => {
      await queue.close();
      await place.remove();
    });

    it("is empty at first", async () => {
      expect(await listed()).to.deep.equal([]);
      expect(await queue.take(["mend"], 10)).to.deep.equal({ tasks: [], otherKinds: [] });
      expect(await queue.depths()).to.deep.equal({ waiting: 0, running: 0, done: 0, dead: 0, discarded: 0 });
    });

    it("keeps all of a task", async () => {
      const payload = { told: [{ orderId: "0x01", n: 1.5, deep: { list: [true, null, "ü"] } }] };
      const { outcome, task } = await put("a", { payload, priority: 3, notBefore: clock.now() + 5, streams: ["order/1", "order/2"] });
      expect(outcome).to.equal("accepted");
      expect(task).to.include({ number: 1, kind: "mend", id: "a", priority: 3, notBefore: clock.now() + 5, state: "waiting", tries: 0 });
      expect(task).to.include({ acceptedAt: clock.now(), changedAt: clock.now(), epoch: 0, crashes: 0 });
      expect(task).to.deep.include({ payload, streams: ["order/1", "order/2"], errors: [], events: [] });
      expect(await listed()).to.deep.equal([task]);
      await queue.close();
      queue = await place.open("worker", now);
      expect(await listed()).to.deep.equal([task]);
    });

    it("accepts the same work once while it waits, runs or lies dead, and anew when it is done or discarded", async () => {
      const first = await put("a", { payload: { x: 1, y: [{ p: 1, q: 2 }] } });
      const again = () => put("a", { payload: { y: [{ q: 2, p: 1 }], x: 1 }, priority: 9 });
      expect(await again()).to.deep.equal({ outcome: "known", task: first.task });
      const [running] = (await queue.take(["mend"], 9)).tasks;
      expect(await again()).to.deep.equal({ outcome: "known", task: running });
      if (running) await queue.bury(running, oops, []);
      expect(await again()).to.deep.include({ outcome: "known" });
      expect((await again()).task.state).to.equal("dead");
      await queue.discard("a", "not worth it");
      const second = await again();
      expect(second.outcome).to.equal("accepted");
      const [next] = (await queue.take(["mend"], 9)).tasks;
      if (next) await queue.complete(next);
      expect((await again()).outcome).to.equal("accepted");
      expect((await listed()).map(({ state }) => state)).to.deep.equal(["discarded", "done", "waiting"]);
    });

    it("tells work apart by id, by kind and by payload", async () => {
      const puts = [
        await put("a"),
        await put("b"),
        await put("a", { payload: 0 }),
        await put("a", { kind: "other" }),
        await put("a", { payload: { x: 1 } }),
        await put("a", { payload: { x: "1" } }),
      ];
      expect(puts.map(({ outcome }) => outcome)).to.deep.equal(Array(6).fill("accepted"));
      expect(
        (await Promise.all(Array.from({ length: 50 }, () => put("c")))).filter(({ outcome }) => outcome === "accepted"),
      ).to.have.length(1);
    });

    it("gives the most urgent first, then the earliest due, then the first accepted, whatever their kinds", async () => {
      const at = clock.now();
      await put("late", { priority: 1, notBefore: at + 20 });
      await put("soon", { priority: 1, notBefore: at + 10, kind: "other" });
      await put("least", { priority: 9, kind: "other" });
      await put("first", { priority: 1 });
      await put("second", { priority: 1, kind: "other" });
      await put("third", { priority: 1 });
      await put("not yet", { priority: 0, notBefore: at + 30 });
      clock.advance(25);
      const all = ["mend", "other"];
      expect(await queue.take(all, 0)).to.deep.include({ tasks: [], nextDue: at });
      expect(ids((await queue.take(all, 2)).tasks)).to.deep.equal(["first", "second"]);
      const rest = await queue.take(all, 99);
      expect(ids(rest.tasks)).to.deep.equal(["third", "soon", "late", "least"]);
      expect(rest.nextDue).to.equal(at + 30);
      expect(await queue.take(all, 99)).to.deep.equal({ tasks: [], nextDue: at + 30, otherKinds: [] });
      clock.advance(4);
      expect((await queue.take(all, 99)).tasks).to.deep.equal([]);
      clock.advance(1);
      expect(ids((await queue.take(all, 99)).tasks)).to.deep.equal(["not yet"]);
    });

    it("gives only the kinds asked for, and names the others that wait", async () => {
      await put("1", { kind: "b" });
      await put("2", { kind: "a", notBefore: clock.now() + 1_000 });
      await put("3", { kind: "c" });
      const taken = await queue.take(["c"], 9);
      expect(ids(taken.tasks)).to.deep.equal(["3"]);
      expect(taken.otherKinds).to.deep.equal(["a", "b"]);
      expect(await queue.take([], 9)).to.deep.equal({ tasks: [], otherKinds: ["a", "b"] });
    });

    it("gives each task to one taker", async () => {
      await Promise.all(Array.from({ length: 60 }, (_, i) => put(`t${i}`)));
      const takes = await Promise.all(Array.from({ length: 30 }, () => queue.take(["mend"], 3)));
      const taken = takes.flatMap(({ tasks }) => ids(tasks));
      expect(new Set(taken).size).to.equal(60);
      expect(taken).to.have.length(60);
    });

    it("believes a claim once, and no longer than it holds", async () => {
      await put("a");
      const [first] = (await queue.take(["mend"], 1)).tasks;
      if (!first) throw new Error("nothing was taken");
      expect(first).to.include({ state: "running", epoch: 1 });
      expect(await queue.retry(first, oops, clock.now())).to.equal(true);
      // Whatever the old claim's holder says now is late, while the task waits and while another has it.
      const late = async () => [
        await queue.complete(first),
        await queue.retry(first, oops, 0),
        await queue.bury(first, oops, []),
        await queue.release(first),
      ];
      expect(await late()).to.deep.equal([false, false, false, false]);
      const [second] = (await queue.take(["mend"], 1)).tasks;
      expect(second)
        .to.include({ epoch: 2, tries: 1 })
        .and.to.deep.include({ errors: [oops] });
      expect(await late()).to.deep.equal([false, false, false, false]);
      expect(await listed()).to.deep.equal([second]);
      if (second) expect(await queue.complete(second)).to.equal(true);
      if (second) expect(await queue.complete(second)).to.equal(false);
      expect(await late()).to.deep.equal([false, false, false, false]);
      expect((await listed())[0]).to.include({ state: "done" });
    });

    it("gives a task back undone without counting a try", async () => {
      await put("a");
      const [first] = (await queue.take(["mend"], 1)).tasks;
      if (first) expect(await queue.release(first)).to.equal(true);
      expect((await queue.take(["mend"], 1)).tasks[0]).to.include({ tries: 0, epoch: 2 });
    });

    it("keeps a dead letter with its reason, the errors of its attempts and the events that led there", async () => {
      await put("a");
      for (let i = 1; i <= 3; i++) {
        const [task] = (await queue.take(["mend"], 1)).tasks;
        if (task) await queue.retry(task, { at: i, code: `E${i}`, message: `try ${i}` }, clock.now());
      }
      const [task] = (await queue.take(["mend"], 1)).tasks;
      if (task) await queue.bury(task, oops, [{ position: 7, stream: "order/1", kind: "failed" }]);
      const [dead] = await listed("dead");
      expect(dead).to.include({ state: "dead", tries: 4, reason: "OOPS: it failed" });
      expect(dead?.errors.map(({ code }) => code)).to.deep.equal(["E1", "E2", "E3", "OOPS"]);
      expect(dead?.events).to.deep.equal([{ position: 7, stream: "order/1", kind: "failed" }]);
      expect((await queue.take(["mend"], 9)).tasks).to.deep.equal([]);
    });

    it("replays the dead letters of an id, or all, and refuses what is not dead", async () => {
      await bury("a");
      await bury("a", 1);
      await bury("b");
      await bury("c");
      clock.advance(10);
      const replayed = await queue.replay("a");
      expect(replayed.map(({ payload }) => payload)).to.have.members([null, 1]);
      expect(replayed[0])
        .to.include({ state: "waiting", tries: 0, notBefore: clock.now(), changedAt: clock.now() })
        .and.to.not.have.property("reason");
      await failure("TASK_NOT_DEAD", queue.replay("a"));
      await failure("TASK_NOT_FOUND", queue.replay("nobody"));
      await failure("TASK_NOT_FOUND", queue.replay(""));
      expect(await queue.replayAll()).to.equal(2);
      expect(await queue.replayAll()).to.equal(0);
      expect(ids((await queue.take(["mend"], 9)).tasks)).to.have.members(["a", "a", "b", "c"]);
      await failure("TASK_NOT_DEAD", queue.replay("b"));
    });

    it("discards the dead letters of an id for a reason", async () => {
      await bury("a");
      await bury("c");
      await put("b");
      const [discarded] = await queue.discard("a", "the customer was paid back");
      expect(discarded).to.include({ state: "discarded", reason: "the customer was paid back" });
      await failure("TASK_NOT_DEAD", queue.discard("a", "again"));
      await failure("TASK_NOT_DEAD", queue.discard("b", "too early"));
      await failure("TASK_NOT_FOUND", queue.discard("d", "who?"));
      await failure("INVALID_TASK", queue.discard("c", "  "));
      await failure("INVALID_TASK", queue.discard("c", "x".repeat(1_001)));
      expect(await queue.depths()).to.deep.equal({ waiting: 1, running: 0, done: 0, dead: 1, discarded: 1 });
    });

    it("refuses what is no task, and writes nothing", async () => {
      const cyclic: Json[] = [];
      cyclic.push(cyclic);
      const invalid: Partial<NewTask>[] = [
        { id: "" },
        { id: "x".repeat(513) },
        { kind: "" },
        { kind: "a\0b" },
        { priority: -1 },
        { priority: 10 },
        { priority: 0.5 },
        { notBefore: -1 },
        { notBefore: Number.NaN },
        { payload: Number.NaN },
        { payload: cyclic },
        { payload: new Date() as unknown as Json },
        { payload: "x".repeat(300_000) },
        { streams: [""] },
        { streams: Array<string>(1_025).fill("s") },
      ];
      for (const task of invalid) await failure("INVALID_TASK", put("a", task));
      expect(await listed()).to.deep.equal([]);
    });

    it("holds so many open tasks and no more", async () => {
      await Promise.all(Array.from({ length: limits.open }, (_, i) => put(`t${i}`)));
      await failure("TASK_QUEUE_FULL", put("one more"));
      expect((await put("t5")).outcome).to.equal("known");
      const [task] = (await queue.take(["mend"], 1)).tasks;
      if (task) await queue.complete(task);
      expect((await put("one more")).outcome).to.equal("accepted");
    });

    it("forgets what was done long ago", async () => {
      for (let i = 0; i < 150; i++) {
        await put(`t${i}`);
        const [task] = (await queue.take(["mend"], 1)).tasks;
        if (task) await queue.complete(task);
      }
      const done = await listed("done");
      expect(done.length).to.be.within(limits.closed, limits.closed + 64);
      expect(done.at(-1)?.id).to.equal("t149");
      expect(await queue.depths()).to.include({ done: done.length });
    });

    it("never gives a number to a second task", async () => {
      const numbers = new Set<number>();
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 100; i++) {
          const { task } = await put(`t${i}`);
          expect(numbers.has(task.number)).to.equal(false);
          numbers.add(task.number);
        }
        const { tasks } = await queue.take(["mend"], 100);
        await Promise.all(tasks.map((task) => queue.complete(task)));
        await queue.close();
        queue = await place.open("worker", now);
      }
    });

    it("lists long queues in pages, as they stood when it began", async () => {
      for (let i = 0; i < 190; i++) await put(`t${i}`, { payload: "x".repeat(i % 20 === 0 ? 100_000 : 10) });
      const seen: string[] = [];
      for await (const task of queue.list("waiting")) {
        if (seen.length === 0) await put("later");
        seen.push(task.id);
      }
      expect(seen).to.deep.equal(Array.from({ length: 190 }, (_, i) => `t${i}`));
    });

    it("brings back what a crashed run left running, and the old claims are void", async () => {
      await put("a");
      await put("b");
      const before = (await queue.take(["mend"], 1)).tasks[0];
      await place.crash(queue);
      queue = await place.open("worker", now);
      expect((await listed()).map(({ id, state, crashes, tries }) => ({ id, state, crashes, tries }))).to.deep.equal([
        { id: "a", state: "waiting", crashes: 1, tries: 0 },
        { id: "b", state: "waiting", crashes: 0, tries: 0 },
      ]);
      if (before) expect(await queue.complete(before)).to.equal(false);
      const { tasks } = await queue.take(["mend"], 9);
      expect(ids(tasks)).to.deep.equal(["a", "b"]);
      if (before) expect(await queue.complete(before)).to.equal(false);
      expect(tasks[0]).to.include({ epoch: 2 });
    });

    it("takes a task during which the process ended again and again for the cause", async () => {
      await put("poison");
      await put("bread", { notBefore: clock.now() + 1 });
      for (let i = 0; i < limits.crashes; i++) {
        expect((await queue.take(["mend"], 9)).tasks).to.have.length(1);
        await place.crash(queue);
        queue = await place.open("worker", now);
      }
      const [dead] = await listed("dead");
      expect(dead).to.include({ id: "poison", crashes: limits.crashes });
      expect(dead?.reason).to.match(/^TASK_CRASHED_TOO_OFTEN: /);
      expect(ids(await listed("waiting"))).to.deep.equal(["bread"]);
      expect((await queue.replay("poison"))[0]).to.include({ crashes: 0 });
    });

    it("has one worker; operators come and go beside it and take nothing", async () => {
      await failure("TASK_QUEUE_IN_USE", place.open("worker", now));
      await bury("a");
      const [running] = [await put("b"), ...(await queue.take(["mend"], 1)).tasks].slice(1) as Task[];
      const operator = await place.open("operator", now);
      expect(running && (await queue.complete(running)), "an operator's opening leaves running tasks alone").to.equal(true);
      await failure("TASK_QUEUE_NOT_OURS", operator.take(["mend"], 1));
      expect(ids(await collect(operator.list("dead")))).to.deep.equal(["a"]);
      await operator.put({ kind: "mend", id: "c", payload: null });
      await operator.replay("a");
      await operator.close();
      expect(ids((await queue.take(["mend"], 9)).tasks)).to.have.members(["a", "c"]);
      const left = await place.open("operator", now);
      await queue.close();
      expect(await left.depths()).to.include({ running: 2, done: 1 });
      await left.close();
      queue = await place.open("worker", now);
      expect(await queue.depths()).to.include({ waiting: 2, done: 1 });
    });

    it("tells watchers of new work, also of what another puts", async () => {
      let rung = 0;
      const stop = queue.watch(() => rung++);
      await put("a");
      expect(rung).to.equal(1);
      await put("a");
      expect(rung, "known work is no news").to.equal(1);
      const operator = await place.open("operator", now);
      for (let i = 2; i <= 6; i++) {
        await operator.put({ kind: "mend", id: `b${i}`, payload: null });
        await operator.depths();
        await eventually("the other's task is noticed", () => rung >= i || undefined);
        expect(rung, "once, and not while nothing happens").to.equal(i);
      }
      stop();
      const before = rung;
      await put("c");
      expect(rung).to.equal(before);
      await operator.close();
    });

    it("when closed says so, after what was in flight is done", async () => {
      const inFlight = Array.from({ length: 20 }, (_, i) => put(`t${i}`));
      const closing = queue.close();
      expect((await Promise.all(inFlight)).every(({ outcome }) => outcome === "accepted")).to.equal(true);
      await closing;
      await failure("TASK_QUEUE_CLOSED", put("x"));
      await failure("TASK_QUEUE_CLOSED", queue.take(["mend"], 1));
      await failure("TASK_QUEUE_CLOSED", collect(queue.list()));
      await queue.close();
    });

    it("does what the simplest model does, in any order of calls and crashes", async function () {
      this.timeout(120_000);
      await checkAgainstModel(create, seed);
    });
  });
}
