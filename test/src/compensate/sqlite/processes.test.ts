import { expect } from "chai";
import { systemClock } from "../../../../src/clock.ts";
import { Compensation, openSqliteTaskQueue } from "../../../../src/compensate/index.ts";
import { eventually } from "../../../eventually.ts";
import { collect, failure } from "../../store/expectations.ts";
import { random, seed } from "../../store/seed.ts";
import type { Child } from "../../store/sqlite/children.ts";
import { Folder } from "../../store/sqlite/folder.ts";
import { queueChild } from "./children.ts";

/** Puts tasks and works on them at once; each step is said when it is so: `put`, `start`, `end`. */
const service = (round: number) => `
  const queue = await openQueue("worker", { limits: { crashes: 100, closed: 100_000 } });
  const compensation = new Compensation({ queue, clock: systemClock, random: Math.random, workers: 6, history: async () => [] });
  compensation.register("work", async (payload, { task }) => {
    say("start " + task.id + " " + task.epoch);
    await systemClock.pause(payload.ms);
    say("end " + task.id + " " + task.epoch);
    if (payload.fails > task.tries) throw new Error("not yet");
  }, { timeoutMs: 10_000 });
  compensation.start();
  say("open");
  const put = async (writer) => {
    for (let i = 0; ; i++) {
      const id = [${round}, writer, i].join("-");
      await compensation.put({ kind: "work", id, priority: i % 10, payload: { ms: i % 5, fails: i % 7 === 0 ? 1 : 0 } });
      say("put " + id);
      if (i >= 30) await systemClock.pause(2);
    }
  };
  for (let writer = 0; writer < 4; writer++) void put(writer);`;

/** Beside the service: puts tasks of its own, replays, lists. */
const operator = (round: number) => `
  const queue = await openQueue("operator");
  say("open");
  for (let i = 0; ; i++) {
    const id = [${round}, "operator", i].join("-");
    await queue.put({ kind: "work", id, payload: { ms: 1, fails: 0 } });
    say("put " + id);
    await queue.replayAll();
    await queue.depths();
  }`;

/** Tasks that one run began while it had not ended them. */
function doneTwiceAtOnce(lines: readonly string[]): string[] {
  const running = new Set<string>();
  const twice: string[] = [];
  for (const line of lines) {
    const [what, id = ""] = line.split(" ");
    if (what === "start" && running.has(id)) twice.push(id);
    if (what === "start") running.add(id);
    if (what === "end") running.delete(id);
  }
  return twice;
}

const accepted = (child: Child): string[] => child.lines.filter((line) => /^put \S+$/.test(line)).map((line) => line.slice(4));

describe("The SQLite task queue between processes", function () {
  this.timeout(120_000);
  let folder: Folder;

  beforeEach(() => (folder = new Folder()));
  afterEach(() => {
    folder.remove();
  });

  it("loses no accepted task and runs none twice at once, whenever service and operator are killed", async () => {
    const next = random(seed);
    const promised = new Set<string>();
    const epochs = new Map<string, number>();
    let returned = 0;
    await (await openSqliteTaskQueue({ path: folder.path, role: "worker" })).close();
    for (let round = 0; round < 10; round++) {
      const working = queueChild(service(round), folder.path);
      const operating = queueChild(operator(round), folder.path);
      await Promise.all([working.printed(1), operating.printed(1)]);
      await working.printed(1 + Math.floor(next() * 600));
      // Either may be first, and the other goes on for a while.
      const [first, second] = next() < 0.5 ? [working, operating] : [operating, working];
      await first.kill();
      await second.printed(second.lines.length + Math.floor(next() * 50));
      await second.kill();
      for (const id of [...accepted(working), ...accepted(operating)]) promised.add(id);
      expect(doneTwiceAtOnce(working.lines)).to.deep.equal([]);
      for (const line of working.lines) {
        const [what, id = "", epoch] = line.split(" ");
        if (what !== "start" || epoch === undefined) continue;
        expect(Number(epoch), `a later start of ${id} has a higher epoch`).to.be.above(epochs.get(id) ?? 0);
        epochs.set(id, Number(epoch));
      }
      const look = await openSqliteTaskQueue({ path: folder.path, role: "operator" });
      const running = (await look.depths()).running;
      await look.close();
      const again = await openSqliteTaskQueue({ path: folder.path, role: "worker", limits: { crashes: 100, closed: 100_000 } });
      returned += running;
      expect((await again.depths()).running, "a crashed run's tasks wait again").to.equal(0);
      await again.close();
    }
    // A last run in peace: everything that was ever accepted is done, each once.
    const queue = await openSqliteTaskQueue({ path: folder.path, role: "worker", limits: { closed: 100_000 } });
    const rest = new Compensation({ queue, clock: systemClock, random: () => 0, workers: 32, history: () => Promise.resolve([]) });
    rest.register("work", () => Promise.resolve(), { timeoutMs: 10_000 });
    rest.start();
    await eventually("all is done", async () => {
      const { waiting, running } = await queue.depths();
      return waiting + running === 0 || undefined;
    });
    await rest.drain();
    const done = (await collect(queue.list())).map(({ id, state }) => `${id} ${state}`);
    const expected = [...promised].map((id) => `${id} done`);
    expect(done).to.include.members(expected);
    expect(new Set(done).size, "no task is there twice").to.equal(done.length);
    await queue.close();
    console.log(`      ${promised.size} accepted, ${epochs.size} begun, ${returned} came back from 10 killed runs`);
    expect(returned, "kills must meet running tasks, or nothing was tested").to.be.above(0);
  });

  it("has one worker among processes, and frees its place when it is killed", async () => {
    const child = queueChild(`const queue = await openQueue("worker"); say("open"); setInterval(() => {}, 1000);`, folder.path);
    await child.printed(1);
    await failure("TASK_QUEUE_IN_USE", openSqliteTaskQueue({ path: folder.path, role: "worker" }));
    await (await openSqliteTaskQueue({ path: folder.path, role: "operator" })).close();
    await child.kill();
    await (await openSqliteTaskQueue({ path: folder.path, role: "worker" })).close();
  });

  it("waits for its turn while another process writes, and neither loses a write", async () => {
    const queue = await openSqliteTaskQueue({ path: folder.path, role: "worker" });
    const writer = (name: string) =>
      queueChild(
        `const queue = await openQueue("operator");
         for (let i = 0; i < 100; i++) await queue.put({ kind: "work", id: "${name}" + i, payload: null });
         await queue.close();`,
        folder.path,
      );
    const writers = [writer("a"), writer("b")];
    const own = async () => {
      for (let i = 0; i < 100; i++) await queue.put({ kind: "work", id: `own${i}`, payload: null });
    };
    await own();
    expect(await Promise.all(writers.map(({ ended }) => ended))).to.deep.equal([0, 0]);
    expect(await queue.depths()).to.include({ waiting: 300 });
    await queue.close();
  });

  it("lets its process end, though it was not closed, when nobody waits for it", async () => {
    const child = queueChild(
      `const queue = await openQueue("worker");
       queue.watch(() => {});
       await queue.put({ kind: "work", id: "a", payload: null });
       say("done");`,
      folder.path,
    );
    expect(await child.ended).to.equal(0);
    expect(child.lines).to.deep.equal(["done"]);
  });
});
