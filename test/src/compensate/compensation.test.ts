import { expect } from "chai";
import {
  Compensation,
  type CompensationOptions,
  lastEvents,
  type NewTask,
  openSqliteTaskQueue,
  type Task,
  type TaskChange,
  type TaskHandler,
  type TaskQueue,
  TaskWriteFailed,
} from "../../../src/compensate/index.ts";
import { MintdError } from "../../../src/error.ts";
import { openSqliteStore } from "../../../src/store/index.ts";
import { eventually } from "../../eventually.ts";
import { collect, events, failure } from "../store/expectations.ts";
import { Folder } from "../store/sqlite/folder.ts";
import { HandClock } from "./hand-clock.ts";

class OutOfTea extends MintdError {
  readonly code = "OUT_OF_TEA";
  constructor() {
    super("the kettle is empty", { hint: "fill it" });
  }
}

describe("Compensation", function () {
  this.timeout(90_000);
  let folder: Folder;
  let queue: TaskQueue;
  let clock: HandClock;
  let changes: TaskChange[];
  let replaced: { worker: number; by: number; task: Task }[];
  let troubles: unknown[];
  let compensation: Compensation;

  const build = (more: Partial<CompensationOptions> = {}) =>
    new Compensation({
      queue,
      clock,
      random: () => 0,
      workers: 1,
      history: () => Promise.resolve([]),
      onChange: (change) => changes.push(change),
      onReplaced: (one) => replaced.push(one),
      onTrouble: (error) => troubles.push(error),
      ...more,
    });
  const put = (id: string, more: Partial<NewTask> = {}) => compensation.put({ kind: "mend", id, payload: { id }, ...more });
  /** Waits for changes of this kind. */
  const seen = (kind: TaskChange["kind"], count = 1) =>
    eventually(`${count} ${kind}`, () => {
      const found = changes.filter((change) => change.kind === kind);
      return found.length >= count ? found : undefined;
    });
  const started = (handler: TaskHandler, more: Partial<CompensationOptions> = {}, timeoutMs = 1_000): void => {
    compensation = build(more);
    compensation.register("mend", handler, { timeoutMs });
    compensation.start();
  };
  const always = () => Promise.reject(new OutOfTea());

  beforeEach(async () => {
    folder = new Folder();
    clock = new HandClock();
    [changes, replaced, troubles] = [[], [], []];
    queue = await openSqliteTaskQueue({ path: folder.path, role: "worker", now: () => clock.now(), pollMs: 10 });
  });

  afterEach(async () => {
    let drained = false;
    void compensation.drain().then(() => (drained = true));
    await eventually("what hangs is timed out", () => {
      clock.advance(10_000);
      return drained || undefined;
    });
    await queue.close();
    folder.remove();
  });

  it("does what is put, with its payload, and records it", async () => {
    const done: unknown[] = [];
    started((payload, { task }) => Promise.resolve(done.push([payload, task.id, task.epoch])));
    expect(await put("a")).to.include({ state: "waiting" });
    await put("b", { payload: [1] });
    await seen("done", 2);
    expect(done).to.deep.equal([
      [{ id: "a" }, "a", 1],
      [[1], "b", 1],
    ]);
    expect(await compensation.depths()).to.include({ waiting: 0, running: 0, done: 2 });
    expect(changes.map(({ kind }) => kind)).to.have.members(["accepted", "accepted", "started", "started", "done", "done"]);
    expect(troubles).to.deep.equal([]);
  });

  it("tells known work from new", async () => {
    compensation = build();
    await put("a");
    await put("a");
    expect(changes.map(({ kind }) => kind)).to.deep.equal(["accepted", "known"]);
  });

  it("does what another process put, though nothing happens here", async () => {
    started(() => Promise.resolve());
    const operator = await openSqliteTaskQueue({ path: folder.path, role: "operator", now: () => clock.now() });
    await operator.put({ kind: "mend", id: "from outside", payload: null });
    await seen("done");
    await operator.close();
  });

  it("starts a delayed task when its time has come", async () => {
    started(() => Promise.resolve());
    await put("later", { notBefore: clock.now() + 1_000 });
    await put("now");
    await seen("done");
    expect(await compensation.depths()).to.include({ waiting: 1 });
    await eventually("the pool sleeps", () => clock.sleeping > 0 || undefined);
    clock.advance(1_000);
    await seen("done", 2);
  });

  it("tries again three times, 10 ms x 1.5 with full jitter, then it is a dead letter with all that is known", async () => {
    const store = await openSqliteStore({ path: `${folder.path}.events` });
    await store.append([{ stream: "order/1", expected: 0, events: events(12) }]);
    await store.append([{ stream: "order/2", expected: 0, events: [{ kind: "failed", data: null }] }]);
    let tries = 0;
    const failing: TaskHandler = () => {
      tries++;
      return always();
    };
    started(failing, { random: () => 1 - Number.EPSILON, history: (streams) => lastEvents(store, streams) });
    await put("a", { streams: ["order/1", "order/2", "order/none"] });
    for (let i = 1; i <= 3; i++) {
      const failed = (await seen("failed", i)).at(-1);
      expect(failed?.kind === "failed" && failed.notBefore - clock.now()).to.equal([10, 15, 23][i - 1]);
      await eventually("the pool sleeps until the retry is due", () => clock.sleeping > 0 || undefined);
      expect(tries).to.equal(i);
      clock.advance([9, 14, 22][i - 1] ?? 0);
      await queue.depths(); // whatever began before has reached the queue by now
      expect(tries, "not before its time").to.equal(i);
      clock.advance(1);
    }
    await seen("dead");
    expect(tries).to.equal(4);
    const [dead] = await collect(queue.list("dead"));
    expect(dead).to.include({ id: "a", tries: 4, reason: "OUT_OF_TEA: the kettle is empty" });
    expect(dead?.errors.map(({ code }) => code)).to.deep.equal(Array(4).fill("OUT_OF_TEA"));
    expect(dead?.events.map(({ position, stream }) => [position, stream])).to.deep.equal([
      ...[5, 6, 7, 8, 9, 10, 11, 12].map((position) => [position, "order/1"]),
      [13, "order/2"],
    ]);
    expect(dead?.events.at(-1)?.kind).to.equal("failed");
    await store.close();
  });

  it("lets a task die though its history cannot be read", async () => {
    started(always, { history: () => Promise.reject(new Error("no store")) });
    await put("a", { streams: ["order/1"] });
    await seen("dead");
    expect(troubles.map(String)).to.deep.equal(["Error: no store"]);
    expect((await collect(queue.list("dead")))[0]).to.deep.include({ events: [] });
  });

  it("remembers over a restart how often it was tried", async () => {
    let tries = 0;
    started(() => {
      if (++tries === 2) void compensation.drain();
      return always();
    });
    await put("a");
    await seen("failed", 2);
    await compensation.drain();
    expect(tries).to.equal(2);
    started(() => {
      tries++;
      return always();
    });
    await seen("dead");
    expect(tries).to.equal(4);
  });

  it("keeps no secret of a foreign error, and all of our own", async () => {
    const key = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    const thrown = [
      Object.assign(new Error(`connect https://user:pass@rpc.example/v3/abcdef?key=1 with ${key} failed`), { code: "ECONNRESET" }),
      Object.assign(new Error(`Bearer eyJhbGciOi.JIUzI1NiJ9.e30_x-y`), { code: "two words" }),
      key,
      new Error("x".repeat(10) + " y".repeat(5_000)),
    ];
    // prettier-ignore
    started(() => { throw thrown.shift(); }); // eslint-disable-line @typescript-eslint/only-throw-error -- foreign code does
    await put("a");
    await seen("dead");
    const [dead] = await collect(queue.list("dead"));
    expect(dead?.errors.map(({ code }) => code)).to.deep.equal(["ECONNRESET", "UNEXPECTED", "UNEXPECTED", "UNEXPECTED"]);
    expect(dead?.errors[0]?.message).to.equal("Error: connect [url] with [hidden] failed");
    expect(dead?.errors[1]?.message).to.equal("Error: Bearer [hidden]");
    expect(dead?.errors[3]?.message).to.have.length(500);
    expect(JSON.stringify([dead, changes])).to.not.match(/4c0883a6|pass@|eyJ/);
  });

  it("aborts what takes too long, waits for its end, and tries again", async () => {
    const signals: AbortSignal[] = [];
    started((_, { signal }) => {
      signals.push(signal);
      const { promise, reject } = Promise.withResolvers();
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
      return promise;
    });
    await put("slow");
    for (let i = 1; i <= 4; i++) {
      await eventually("it began", () => signals.length === i || undefined);
      clock.advance(999);
      expect(signals[i - 1]?.aborted).to.equal(false);
      clock.advance(1);
      expect(await eventually("it is told to stop", () => signals[i - 1]?.aborted || undefined)).to.equal(true);
      await seen(i < 4 ? "failed" : "dead", i < 4 ? i : 1);
    }
    expect((await collect(queue.list("dead")))[0]?.reason).to.equal("TASK_TIMED_OUT: mend did not end within 1000 ms");
  });

  it("counts work as done that ends well within its grace", async () => {
    const gate = Promise.withResolvers<undefined>();
    let begun = 0;
    started((_, { signal }) => {
      begun++;
      signal.addEventListener("abort", () => {
        void clock.pause(500).then(() => {
          gate.resolve(undefined);
        });
      });
      return gate.promise;
    });
    await put("slow");
    await seen("started");
    clock.advance(1_000);
    await eventually("it clears up, and its grace runs", () => clock.sleeping >= 2 || undefined);
    clock.advance(500);
    await seen("done");
    expect(begun).to.equal(1);
    expect(await compensation.depths()).to.include({ done: 1 });
  });

  it("never believes work that outlived its grace once the task is tried again", async () => {
    const gates: PromiseWithResolvers<undefined>[] = [];
    started(() => {
      const gate = Promise.withResolvers<undefined>();
      gates.push(gate);
      return gate.promise;
    });
    await put("deaf");
    await seen("started");
    clock.advance(1_000); // its time
    await Promise.resolve();
    await eventually("grace begins", () => clock.sleeping > 0 || undefined);
    clock.advance(1_000); // its grace
    await seen("failed");
    await seen("started", 2);
    gates[0]?.resolve(undefined); // the first attempt succeeds while the second has the task
    await seen("ignored");
    const [task] = await collect(queue.list());
    expect(task).to.include({ state: "running", epoch: 2, tries: 1 });
    gates[1]?.resolve(undefined);
    await seen("done");
    expect(changes.filter(({ kind }) => kind === "done")).to.have.length(1);
    expect((await collect(queue.list()))[0]).to.include({ state: "done" });
  });

  it("replaces a worker that fails three times in a row, and not one that succeeds between", async () => {
    const fails = [true, true, false, true, true, true, true, false];
    started(() => (fails.shift() === true ? always() : Promise.resolve()));
    await put("a");
    await seen("done");
    expect(replaced).to.deep.equal([]);
    await put("b");
    await seen("dead");
    expect(replaced.map(({ worker, by, task }) => [worker, by, task.id])).to.deep.equal([[1, 2, "b"]]);
    await put("c");
    await seen("done", 2);
    const workers = changes.flatMap((change) => (change.kind === "started" ? [change.worker] : []));
    expect(workers).to.deep.equal([1, 1, 1, 1, 1, 1, 2, 2]);
  });

  it("replaces a worker that times out three times in a row, deaf handlers too", async () => {
    started(() => new Promise(() => undefined), { graceMs: 10 }, 10);
    await put("a");
    for (let i = 1; i <= 3; i++) {
      await seen("started", i);
      clock.advance(10);
      await eventually("grace begins", () => clock.sleeping > 0 || undefined);
      clock.advance(10);
      await seen("failed", i);
    }
    expect(replaced).to.have.length(1);
    await seen("started", 4);
  });

  it("begins no more of a kind when too many of its handlers never end, and goes on when they do", async () => {
    const gates: (() => void)[] = [];
    const deaf = () => {
      const gate = Promise.withResolvers<undefined>();
      gates.push(() => {
        gate.reject(new OutOfTea());
      });
      return gate.promise;
    };
    compensation = build({ workers: 64, graceMs: 10 });
    compensation.register("mend", deaf, { timeoutMs: 10 });
    compensation.register("other", () => Promise.resolve(), { timeoutMs: 10 });
    compensation.start();
    await Promise.all(Array.from({ length: 70 }, (_, i) => put(`t${i}`)));
    await seen("started", 64);
    await eventually("all are timed", () => clock.sleeping >= 64 || undefined);
    clock.advance(10);
    await eventually("grace begins", () => clock.sleeping >= 64 || undefined);
    clock.advance(10);
    await seen("failed", 64);
    expect(troubles.map((error) => (error as MintdError).code)).to.deep.equal(["TASK_NEVER_ENDS"]);
    await compensation.put({ kind: "other", id: "x", payload: null });
    await seen("done");
    expect(gates).to.have.length(64);
    gates[0]?.();
    await seen("started", 66);
    expect(gates, "63 that never ended and one for each worker").to.have.length.within(65, 63 + 1 + 64);
  });

  it("keeps tasks of a kind that nobody does, says so once, and does them when somebody comes", async () => {
    compensation = build();
    compensation.start();
    await put("a");
    await eventually("it is reported", () => troubles.length > 0 || undefined);
    await put("b");
    compensation.register("other", () => Promise.resolve(), { timeoutMs: 1 });
    await compensation.put({ kind: "other", id: "x", payload: null });
    await seen("done");
    expect(troubles.map((error) => (error as MintdError).code)).to.deep.equal(["TASK_KIND_UNKNOWN"]);
    expect(await compensation.depths()).to.include({ waiting: 2 });
    compensation.register("mend", () => Promise.resolve(), { timeoutMs: 1 });
    await seen("done", 3);
  });

  it("runs as many at a time as it has workers, the most urgent first", async () => {
    let running = 0;
    let most = 0;
    const order: string[] = [];
    compensation = build({ workers: 3 });
    compensation.register(
      "mend",
      async (_, { task }) => {
        order.push(task.id);
        most = Math.max(most, ++running);
        await queue.depths();
        running--;
      },
      { timeoutMs: 1_000 },
    );
    await Promise.all(Array.from({ length: 40 }, (_, i) => put(String(i), { priority: i % 10 })));
    compensation.start();
    await seen("done", 40);
    expect(most).to.equal(3);
    expect(order.map((id) => Number(id) % 10)).to.deep.equal(Array.from({ length: 40 }, (_, i) => Math.floor(i / 4)));
  });

  it("drains: what runs is finished and recorded, what waits is kept", async () => {
    const gate = Promise.withResolvers<undefined>();
    started(() => gate.promise, { workers: 2 });
    for (const id of ["a", "b", "c", "d"]) await put(id);
    await seen("started", 2);
    let drained = false;
    const draining = compensation.drain().then(() => (drained = true));
    await put("e");
    expect(drained).to.equal(false);
    gate.resolve(undefined);
    await draining;
    expect(await compensation.depths()).to.deep.equal({ waiting: 3, running: 0, done: 2, dead: 0, discarded: 0 });
    expect(changes.filter(({ kind }) => kind === "started")).to.have.length(2);
    await compensation.drain();
  });

  it("gives back what it was given while it was told to drain", async () => {
    const real = queue;
    const stopping = Object.create(real, {
      take: {
        async value(kinds: readonly string[], most: number) {
          const taken = await real.take(kinds, most);
          void compensation.drain();
          return taken;
        },
      },
      watch: { value: real.watch.bind(real) },
      release: { value: real.release.bind(real) },
    }) as TaskQueue;
    await queue.put({ kind: "mend", id: "a", payload: null });
    started(() => Promise.resolve(), { queue: stopping });
    await compensation.drain();
    expect(await queue.depths()).to.deep.equal({ waiting: 1, running: 0, done: 0, dead: 0, discarded: 0 });
    expect((await collect(queue.list()))[0]).to.include({ tries: 0, epoch: 1 });
    expect(changes).to.deep.equal([]);
  });

  it("records an outcome as soon as it can where the disk was full, and does the work once", async () => {
    const real = queue;
    let refusals = 5;
    let begun = 0;
    const stingy = Object.create(real, {
      complete: {
        value: (claim: Task) =>
          refusals-- > 0 ? Promise.reject(new TaskWriteFailed("q", "disk full", { permanent: false })) : real.complete(claim),
      },
      put: { value: real.put.bind(real) },
      take: { value: real.take.bind(real) },
      watch: { value: real.watch.bind(real) },
      depths: { value: real.depths.bind(real) },
    }) as TaskQueue;
    started(() => Promise.resolve(begun++), { queue: stingy });
    await put("a");
    for (let i = 1; i <= 5; i++) {
      await eventually("it waits to try again", () => troubles.length === i || undefined);
      await eventually("it sleeps", () => clock.sleeping > 0 || undefined);
      clock.advance(1_000);
    }
    await seen("done");
    expect(begun).to.equal(1);
    expect(troubles).to.have.length(5);
  });

  it("is not stopped by a listener that throws", async () => {
    started(() => Promise.resolve(), {
      onChange(change) {
        changes.push(change);
        throw new Error("a bad listener");
      },
    });
    await put("a");
    await put("b");
    await seen("done", 2);
    expect(troubles.map(String)).to.include("Error: a bad listener");
  });

  it("refuses a kind twice and a time-out out of range", async () => {
    compensation = build();
    const register = (kind: string, timeoutMs: number) => async () => {
      await Promise.resolve();
      compensation.register(kind, () => Promise.resolve(), { timeoutMs });
    };
    await register("a", 1)();
    await failure("INVALID_TASK_KIND", register("a", 1)());
    for (const timeoutMs of [0, -1, 0.5, Number.NaN, 86_400_001]) await failure("INVALID_TASK_KIND", register("b", timeoutMs)());
    await register("b", 86_400_000)();
  });
});
