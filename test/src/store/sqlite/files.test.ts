import { expect } from "chai";
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../../../src/store/index.ts";
import { openSqliteStoreWith } from "../../../../src/store/sqlite/open.ts";
import { APPLICATION_ID, migrations } from "../../../../src/store/sqlite/schema.ts";
import { slotOf } from "../../../../src/store/sqlite/names.ts";
import { collect, events, expectGapFree, failure } from "../expectations.ts";
import { random, seed } from "../seed.ts";
import { Folder } from "./folder.ts";

async function fill(path: string, streams: number): Promise<void> {
  const store = await openSqliteStore({ path });
  await Promise.all(Array.from({ length: streams }, (_, i) => store.append([{ stream: `order/${i}`, expected: 0, events: events(7) }])));
  await store.saveSnapshot("orders", { position: 7, data: "kept" });
  await store.close();
}

describe("The files of the SQLite store", function () {
  this.timeout(90_000);
  let folder: Folder;

  beforeEach(() => (folder = new Folder()));
  afterEach(() => {
    folder.remove();
  });

  /** Opens for writing and for reading, expects this error both times, and that no byte changed and no file came. */
  async function refused(code: string): Promise<void> {
    const before = folder.hashes("store.db.lock");
    await failure(code, openSqliteStore({ path: folder.path }));
    expect(folder.hashes("store.db.lock")).to.deep.equal(before);
    await failure(code, openSqliteStore({ path: folder.path, readOnly: true }));
    expect(folder.hashes("store.db.lock")).to.deep.equal(before);
  }

  it("are the store and its lock after closing, in a folder made as needed", async () => {
    const path = join(folder.root, "a", "b", "store.db");
    await (await openSqliteStore({ path })).close();
    await fill(folder.path, 3);
    expect(folder.files()).to.deep.equal(["a", "store.db", "store.db.lock"]);
  });

  it("where the system does not let us open them, are unavailable", async () => {
    mkdirSync(folder.path);
    await failure("STORE_UNAVAILABLE", openSqliteStore({ path: folder.path }));
    await failure("STORE_UNAVAILABLE", openSqliteStore({ path: folder.path, readOnly: true }));
    writeFileSync(join(folder.root, "file"), "x");
    await failure("STORE_UNAVAILABLE", openSqliteStore({ path: join(folder.root, "file", "store.db") }));
  });

  describe("not a store", () => {
    const foreign: readonly (readonly [string, string, (path: string) => void])[] = [
      ["an empty file", "STORE_CORRUPT", (path) => { writeFileSync(path, ""); }],
      ["zeros", "STORE_CORRUPT", (path) => { writeFileSync(path, Buffer.alloc(8192)); }],
      ["text", "STORE_FOREIGN", (path) => { writeFileSync(path, "not a database ".repeat(500)); }],
      ["one byte", "STORE_FOREIGN", (path) => { writeFileSync(path, "x"); }],
      ["random bytes", "STORE_FOREIGN", (path) => { const next = random(seed); writeFileSync(path, Buffer.from(Array.from({ length: 9000 }, () => next() * 256))); }],
      ["another program's database", "STORE_FOREIGN", (path) => { const db = new DatabaseSync(path); db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)"); db.close(); }],
      ["another program's database in WAL mode", "STORE_FOREIGN", (path) => { const db = new DatabaseSync(path); db.exec("PRAGMA journal_mode = WAL; PRAGMA application_id = 7; CREATE TABLE t (a)"); db.close(); }],
      ["a database whose header alone is ours", "STORE_CORRUPT", (path) => { const db = new DatabaseSync(path); db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; CREATE TABLE t (a)`); db.close(); }],
    ]; // prettier-ignore

    for (const [what, code, make] of foreign) {
      it(`${what}: ${code}, and not a byte is changed`, async () => {
        make(folder.path);
        await refused(code);
      });
    }

    it("a -wal whose main file was taken away is not replayed into a new store", async () => {
      writeFileSync(`${folder.path}-wal`, "x".repeat(5000));
      const before = folder.hashes("store.db.lock");
      await failure("STORE_CORRUPT", openSqliteStore({ path: folder.path }));
      expect(folder.hashes("store.db.lock")).to.deep.equal(before);
    });

    it("no file at all: a reader makes nothing", async () => {
      await failure("STORE_NOT_FOUND", openSqliteStore({ path: folder.path, readOnly: true }));
      expect(folder.files()).to.deep.equal([]);
    });
  });

  describe("torn", () => {
    it("truncated anywhere, it is refused and left as it was", async () => {
      await fill(folder.path, 100);
      const whole = readFileSync(folder.path);
      const next = random(seed);
      const sizes = [1, 15, 16, 100, 2047, 2048, 2049, whole.length / 2, whole.length - 2048, whole.length - 1];
      for (const size of [...sizes, ...Array.from({ length: 3 }, () => Math.ceil(next() * (whole.length - 1)))]) {
        writeFileSync(folder.path, whole);
        truncateSync(folder.path, size);
        await refused("STORE_CORRUPT");
      }
    });

    it("with zeros in its middle, it is refused when that is read or verified, and never changed by it", async () => {
      await fill(folder.path, 100);
      const whole = readFileSync(folder.path);
      const next = random(seed + 1);
      for (let i = 0; i < 4; i++) {
        const page = 1 + Math.floor(next() * (whole.length / 2048 - 1));
        const torn = Buffer.from(whole).fill(0, page * 2048, (page + 1) * 2048);
        writeFileSync(folder.path, torn);
        await failure("STORE_CORRUPT", openSqliteStore({ path: folder.path, verify: true }));
        await failure("STORE_CORRUPT", openSqliteStore({ path: folder.path, verify: true, readOnly: true }));
        const read = async (): Promise<unknown> => {
          const store = await openSqliteStore({ path: folder.path, readOnly: true });
          try {
            // Pages of an index are not read by readAll, pages of events not by versions.
            return [await collect(store.readAll(0)), await store.versions(Array.from({ length: 100 }, (_, k) => `order/${k}`))];
          } finally {
            await store.close();
          }
        };
        const outcome = await read().catch((error: unknown) => error);
        if (!Array.isArray(outcome)) expect(outcome).to.include({ code: "STORE_CORRUPT" });
        expect(readFileSync(folder.path).equals(torn)).to.equal(true);
      }
    });

    it("a torn -wal loses only what its tail held, never the store", async () => {
      const path = join(folder.root, "live.db");
      const store = await openSqliteStore({ path });
      for (let i = 0; i < 20; i++) await store.append([{ stream: "a", expected: i, events: events(1) }]);
      copyFileSync(path, folder.path); // what a crash would leave
      copyFileSync(`${path}-wal`, `${folder.path}-wal`);
      await store.close();
      truncateSync(`${folder.path}-wal`, readFileSync(`${folder.path}-wal`).length - 100);
      const recovered = await openSqliteStore({ path: folder.path });
      const all = await collect(recovered.readAll(0));
      expectGapFree(all);
      expect(all).to.have.length(19);
      await recovered.close();
    });

    it("verify accepts a sound store", async () => {
      await fill(folder.path, 50);
      await (await openSqliteStore({ path: folder.path, verify: true })).close();
    });
  });

  describe("schema", () => {
    /** A store of a version before the first, as it might have been. */
    function version0(): void {
      const db = new DatabaseSync(folder.path);
      db.exec(`PRAGMA journal_mode = WAL; PRAGMA application_id = ${APPLICATION_ID}; CREATE TABLE log (stream TEXT, n INTEGER)`);
      for (let i = 1; i <= 50; i++) db.prepare("INSERT INTO log VALUES (?, ?)").run("order/1", i);
      db.close();
    }
    const fromLog = `${migrations[0] ?? ""}
      INSERT INTO streams VALUES (1, ${slotOf("order/1")}, 'order/1');
      INSERT INTO events SELECT n, 1, n, 'counted', 5, json_object('n', n) FROM log;
      DROP TABLE log;`;

    it("is brought up to date from version 0 through 1 to 2, and keeps the data", async () => {
      version0();
      await failure("STORE_TOO_OLD", openSqliteStore({ path: folder.path, readOnly: true }));
      const parts = { migrations: [fromLog, "ALTER TABLE events ADD COLUMN epoch INTEGER; UPDATE events SET epoch = position * 2"] };
      const store = await openSqliteStoreWith({ path: folder.path }, parts);
      expect(await store.append([{ stream: "order/1", expected: 50, events: events(1, 51) }])).to.equal(51);
      expect((await collect(store.read("order/1"))).map((event) => event.data)).to.deep.equal(events(51).map((event) => event.data));
      await store.close();
      const db = new DatabaseSync(folder.path);
      expect(db.prepare("SELECT sum(epoch) AS sum FROM events").get()).to.include({ sum: 2550 });
      expect(db.prepare("PRAGMA user_version").get()).to.include({ user_version: 2 });
      db.close();
      await refused("STORE_TOO_NEW");
    });

    it("stays as it was when a later step fails: all steps are one transaction", async () => {
      version0();
      const parts = { migrations: [fromLog, "ALTER TABLE nothing ADD COLUMN epoch INTEGER"] };
      const before = folder.hashes("store.db.lock");
      await failure("STORE_CORRUPT", openSqliteStoreWith({ path: folder.path }, parts));
      expect(folder.hashes("store.db.lock")).to.deep.equal(before);
      const store = await openSqliteStoreWith({ path: folder.path }, { migrations: [fromLog] });
      expect(await store.head()).to.equal(50);
      await store.close();
    });

    it("newer than this program is refused, also where only the -wal says so", async () => {
      await fill(folder.path, 5);
      const path = join(folder.root, "live.db");
      copyFileSync(folder.path, path);
      const db = new DatabaseSync(path);
      db.exec("PRAGMA user_version = 9");
      copyFileSync(`${path}-wal`, `${folder.path}-wal`);
      db.close();
      const before = folder.hashes("store.db.lock", "store.db-shm");
      await failure("STORE_TOO_NEW", openSqliteStore({ path: folder.path }));
      await failure("STORE_TOO_NEW", openSqliteStore({ path: folder.path, readOnly: true }));
      expect(folder.hashes("store.db.lock", "store.db-shm")).to.deep.equal(before);
    });
  });
});
