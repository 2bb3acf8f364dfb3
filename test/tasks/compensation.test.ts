import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { Compensation, openSqliteTaskQueue, type TaskChange, type TaskQueue } from "../../src/compensate/index.ts";
import { eventually } from "../eventually.ts";
import { Hardhat, type Run } from "./hardhat.ts";

function expectRefusal(run: Run, code: string, ...words: readonly string[]): void {
  expect(run.stderr).to.contain(`${code}: `);
  for (const each of words) expect(run.stderr).to.contain(each);
  expect(run.stderr + run.stdout).to.not.contain("\n    at ");
  expect(run.code).to.equal(1);
}

describe("The tasks of the compensation queue", function () {
  this.timeout(180_000);
  let home: string;
  let hardhat: Hardhat;
  let queue: TaskQueue | undefined;
  let broken = true;
  const changes: TaskChange[] = [];
  let compensation: Compensation | undefined;
  const local = (...args: readonly string[]) => hardhat.run(...args, "--network", "local");

  /** A service that works on the queue, in this process; the tasks run in others. */
  const serve = async (): Promise<Compensation> => {
    queue = await openSqliteTaskQueue({ path: join(home, ".mintd", "local", "compensation.db"), role: "worker" });
    compensation = new Compensation({
      queue,
      clock: systemClock,
      random: () => 0,
      history: () => Promise.resolve([{ position: 3, stream: "order/1", kind: "failed" }]),
      onChange: (change) => changes.push(change),
    });
    const handler = () => (broken ? Promise.reject(new Error("the printer is on fire")) : Promise.resolve());
    compensation.register("mend", handler, { timeoutMs: 1_000 });
    compensation.start();
    return compensation;
  };
  const stop = async (): Promise<void> => {
    await compensation?.drain();
    await queue?.close();
  };
  const seen = (kind: TaskChange["kind"], count: number) =>
    eventually(`${count} ${kind}`, () => changes.filter((change) => change.kind === kind).length >= count || undefined);

  before(async () => {
    home = await mkdtemp(join(tmpdir(), "mintd-compensation-"));
    hardhat = new Hardhat({ MINTD_HOME: home });
  });

  after(async () => {
    hardhat.end();
    await stop();
    await rm(home, { recursive: true, force: true });
  });

  it("refuse what is missing or wrong, and where there is no queue", async () => {
    const [none, state, both, neither, reason] = await Promise.all([
      local("compensation:list"),
      local("compensation:list", "--state", "asleep"),
      local("compensation:replay", "a", "--all"),
      local("compensation:replay"),
      local("compensation:discard", "a"),
    ]);
    expectRefusal(none, "STORE_NOT_FOUND");
    expectRefusal(state, "INVALID_ARGUMENT", "asleep", "--state dead");
    expectRefusal(both, "INVALID_ARGUMENT", "--all");
    expectRefusal(neither, "INVALID_ARGUMENT", "--all");
    expectRefusal(reason, "INVALID_ARGUMENT", "--reason");
  });

  it("list what is there, beside the service, for people and for machines", async () => {
    const service = await serve();
    for (const id of ["a", "b", "c"]) await service.put({ kind: "mend", id, payload: { n: 1 }, streams: ["order/1"] });
    await service.put({ kind: "mend", id: "d", payload: null, notBefore: Date.now() + 3_600_000 });
    await seen("dead", 3);
    const [people, machines, dead, two] = await Promise.all([
      local("compensation:list"),
      local("compensation:list", "--json"),
      local("compensation:list", "--state", "dead", "--json"),
      local("compensation:list", "--limit", "2"),
    ]);
    expect(people.stdout).to.match(/a +│ mend +│ dead +│ 0 +│ 4 +│ \d+ s +│ UNEXPECTED: Error: the printer is on fire/);
    expect(people.stdout).to.match(/d +│ mend +│ waiting +│ 0 +│ 0 +│ \d+ s +│ -/);
    expect(people.stdout).to.contain("4 in all");
    expect(people.code).to.equal(0);
    expect(machines.json["depths"]).to.deep.equal({ waiting: 1, running: 0, done: 0, dead: 3, discarded: 0 });
    const [first] = dead.json["tasks"] as Record<string, unknown>[];
    expect(first).to.deep.include({ id: "a", payload: { n: 1 }, events: [{ position: 3, stream: "order/1", kind: "failed" }] });
    expect(dead.json["tasks"]).to.have.length(3);
    expect(two.stdout).to.contain("and 2 more");
  });

  it("replay a dead letter, which the running service then does, and discard another", async () => {
    broken = false;
    const replayed = await local("compensation:replay", "a", "--json");
    expect(replayed.json).to.deep.equal({ replayed: 1 });
    await seen("done", 1);
    const discarded = await local("compensation:discard", "b", "--reason", "paid back by hand");
    expect(discarded.stdout).to.contain("1 dead letter(s) discarded");
    expect(discarded.code).to.equal(0);
    const [again, nobody, waiting] = await Promise.all([
      local("compensation:discard", "b", "--reason", "twice"),
      local("compensation:replay", "nobody"),
      local("compensation:replay", "d"),
    ]);
    expectRefusal(again, "TASK_NOT_DEAD", "'b' is discarded");
    expectRefusal(nobody, "TASK_NOT_FOUND", "compensation:list");
    expectRefusal(waiting, "TASK_NOT_DEAD", "'d' is waiting");
  });

  it("work without a service too", async () => {
    await stop();
    const all = await local("compensation:replay", "--all");
    expect(all.stdout).to.contain("1 dead letter(s) wait again");
    const list = await local("compensation:list", "--json");
    expect(list.json["depths"]).to.deep.equal({ waiting: 2, running: 0, done: 1, dead: 0, discarded: 1 });
    await serve();
    await seen("done", 2);
  });
});
