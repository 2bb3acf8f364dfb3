import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { appendFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteTaskQueue, queuePathBeside } from "../../../../src/compensate/index.ts";
import { untouched } from "../../../../src/compensate/sqlite/examine.ts";
import { openSqliteTaskQueueWith } from "../../../../src/compensate/sqlite/open.ts";
import { migrations } from "../../../../src/compensate/sqlite/schema.ts";
import type { MintdError } from "../../../../src/error.ts";
import { Refusal } from "../../../../src/sqlite/index.ts";
import { openSqliteStore } from "../../../../src/store/index.ts";
import { countTurns } from "../../../loop-turns.ts";
import { collect, failure } from "../../store/expectations.ts";
import { Folder } from "../../store/sqlite/folder.ts";

describe("The SQLite task queue's file", function () {
  this.timeout(90_000);
  let folder: Folder;
  const worker = (parts = {}) => openSqliteTaskQueueWith({ path: folder.path, role: "worker" }, parts);
  const operator = (parts = {}) => openSqliteTaskQueueWith({ path: folder.path, role: "operator" }, parts);
  /** Makes a queue with some tasks in it. */
  const make = async (count = 50): Promise<void> => {
    const queue = await worker();
    await Promise.all(Array.from({ length: count }, (_, i) => queue.put({ kind: "k", id: `t${i}`, payload: "x".repeat(500) })));
    await queue.close();
  };

  beforeEach(() => (folder = new Folder()));
  afterEach(() => {
    folder.remove();
  });

  it("lies beside the event store's", () => {
    expect(queuePathBeside("/data/.mintd/sepolia/store.db")).to.equal("/data/.mintd/sepolia/compensation.db");
  });

  it("is made by a worker, its folder too, and never by an operator", async () => {
    await failure("STORE_NOT_FOUND", operator());
    expect(folder.files()).to.deep.equal([]);
    const path = join(folder.root, "deep", "er", "q.db");
    await (await openSqliteTaskQueue({ path, role: "worker" })).close();
    await (await openSqliteTaskQueue({ path, role: "operator" })).close();
  });

  it("is refused and left as it is where it is something else, empty, torn or damaged", async () => {
    const cases: [string, string, () => Promise<void> | void][] = [
      ["STORE_FOREIGN", "a text", () => { writeFileSync(folder.path, "no database".repeat(100)); }], // prettier-ignore
      ["STORE_FOREIGN", "another program's database", () => { new DatabaseSync(folder.path).exec("CREATE TABLE t (x); PRAGMA user_version = 1"); }], // prettier-ignore
      ["STORE_FOREIGN", "an event store", async () => (await openSqliteStore({ path: folder.path })).close()],
      ["STORE_CORRUPT", "empty", () => { writeFileSync(folder.path, ""); }], // prettier-ignore
      ["STORE_CORRUPT", "torn", async () => { await make(); truncateSync(folder.path, 20_000); }], // prettier-ignore
    ];
    for (const [code, what, prepare] of cases) {
      folder.remove();
      folder = new Folder();
      await prepare();
      const before = folder.hashes(`store.db.lock`);
      await failure(code, worker());
      await failure(code, operator());
      expect(folder.hashes(`store.db.lock`), what).to.deep.equal(before);
    }
  });

  it("is called damaged only if nobody wrote to it while it looked so", () => {
    const corrupt = new Refusal({ kind: "corrupt", problem: "wrong # of entries in index" });
    const looksLike = (...answers: readonly (number | "damaged" | "damaged while written" | "foreign")[]) => {
      writeFileSync(folder.path, "");
      let looks = 0;
      const answer = (): number => {
        const seen = answers[looks++] ?? answers.at(-1);
        if (typeof seen === "number") return seen;
        if (seen === "damaged while written") appendFileSync(folder.path, "x");
        throw seen === "foreign" ? new Refusal({ kind: "foreign", problem: "not ours" }) : corrupt;
      };
      try {
        return `${untouched(folder.path, answer)} after ${looks}`;
      } catch (error) {
        return `${(error as Refusal).fault.kind} after ${looks}`;
      }
    };
    expect(looksLike(7)).to.equal("7 after 1");
    expect(looksLike("foreign")).to.equal("foreign after 1");
    expect(looksLike("damaged")).to.equal("corrupt after 2");
    expect(looksLike("damaged", 7)).to.equal("7 after 2");
    expect(looksLike("damaged", "damaged while written", "damaged while written", 7)).to.equal("7 after 4");
    expect(looksLike("damaged", "damaged while written", "damaged")).to.equal("corrupt after 3");
    expect(looksLike("damaged while written")).to.equal("corrupt after 20");
  });

  it("is not taken for an event store", async () => {
    await make();
    await failure("STORE_FOREIGN", openSqliteStore({ path: folder.path }));
  });

  it("of a newer mintd is refused; of an older one migrated by a worker, its data kept", async () => {
    const newer = [...migrations, "CREATE TABLE later (x INTEGER) STRICT"];
    await make();
    await failure("STORE_TOO_OLD", operator({ migrations: newer }));
    const migrated = await worker({ migrations: newer });
    expect(await migrated.depths()).to.include({ waiting: 50 });
    await migrated.close();
    const before = folder.hashes();
    await failure("STORE_TOO_NEW", worker());
    await failure("STORE_TOO_NEW", operator());
    expect(folder.hashes()).to.deep.equal(before);
  });

  it("accepts nothing on a full disk, keeps what it had, and goes on when there is space again", async function () {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.root], { stdio: "pipe" });
    } catch (error) {
      console.log(`      skipped: a small tmpfs cannot be mounted here (${String(error).split("\n")[0] ?? ""})`);
      this.skip();
    }
    try {
      const queue = await worker();
      let accepted = 0;
      const put = () => queue.put({ kind: "k", id: `t${accepted}`, payload: "x".repeat(50_000) });
      await put();
      accepted++;
      const filler = join(folder.root, "filler");
      writeFileSync(filler, Buffer.alloc(1_000_000));
      let full: unknown;
      while (full === undefined) await put().then(() => accepted++, (error: unknown) => (full = error)); // prettier-ignore
      expect(full).to.include({ code: "TASK_WRITE_FAILED", permanent: false });
      await failure("TASK_WRITE_FAILED", put());
      expect(await queue.depths()).to.include({ waiting: accepted });
      rmSync(filler);
      expect((await put()).outcome).to.equal("accepted");
      await queue.close();
      const again = await worker();
      expect(await collect(again.list("waiting"))).to.have.length(accepted + 1);
      await again.close();
    } finally {
      execFileSync("umount", ["-l", folder.root]);
    }
  });

  it("is given up for good when the queue's thread dies: all in flight and all later calls fail, and watchers hear of it", async () => {
    await make();
    const dying = new URL(
      `data:text/javascript,import { parentPort } from "node:worker_threads";
       parentPort.on("message", (m) => { if (m.kind === "ask") process.exit(7); });
       parentPort.postMessage({ kind: "open" });`.replaceAll("\n", ""),
    );
    const queue = await worker({ thread: dying });
    let rung = 0;
    queue.watch(() => rung++);
    const all = Array.from({ length: 100 }, (_, i) => failure("TASK_WRITE_FAILED", queue.put({ kind: "k", id: `${i}`, payload: null })));
    expect((await Promise.all(all))[0]).to.include({ permanent: true });
    await failure("TASK_WRITE_FAILED", queue.depths());
    expect(rung).to.be.above(0);
    await queue.close();
    await failure("TASK_WRITE_FAILED", worker({ thread: new URL("data:text/javascript,throw new Error('boom')") }));
  });

  it("refuses more calls in flight than may be, instead of remembering them", async () => {
    const queue = await worker();
    const calls = Array.from({ length: 10_050 }, () => queue.depths().then(() => "ok", (error: unknown) => (error as MintdError).code)); // prettier-ignore
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === "TASK_QUEUE_FULL")).to.have.length(50);
    await queue.close();
  });

  it("lets the event loop run while it is written", async () => {
    const queue = await worker();
    const turns = countTurns();
    const writers = Array.from({ length: 64 }, async (_, w) => {
      for (let i = 0; i < 50; i++) await queue.put({ kind: "k", id: `${w}-${i}`, payload: { some: "work", n: i } });
    });
    await Promise.all(writers);
    expect(turns.end()).to.be.above(20); // written on this thread, all would be done within a turn or two
    expect(await queue.depths()).to.include({ waiting: 3_200 });
    await queue.close();
  });
});
