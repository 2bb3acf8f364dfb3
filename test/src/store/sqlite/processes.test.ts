import { expect } from "chai";
import { existsSync } from "node:fs";
import { openSqliteStore } from "../../../../src/store/index.ts";
import { collect, events, expectGapFree, failure } from "../expectations.ts";
import { random, seed } from "../seed.ts";
import { Child } from "./children.ts";
import { Folder } from "./folder.ts";

const one = { kind: "counted", data: { n: 1 } };

describe("The SQLite store between processes", function () {
  this.timeout(90_000);
  let folder: Folder;

  beforeEach(() => (folder = new Folder()));
  afterEach(() => {
    folder.remove();
  });

  it("has one writer: a second gets STORE_IN_USE at once, from this process or another, until the first closes", async () => {
    const first = await openSqliteStore({ path: folder.path });
    await failure("STORE_IN_USE", openSqliteStore({ path: folder.path }));
    const body = `await open({ path }).catch((error) => print(error.code));`;
    const refused = new Child(body, folder.path);
    expect(await refused.ended).to.equal(0);
    expect(refused.lines).to.deep.equal(["STORE_IN_USE"]);
    await first.append([{ stream: "a", expected: 0, events: [one] }]);
    await first.close();
    const second = await openSqliteStore({ path: folder.path });
    expect(await second.head()).to.equal(1);
    await second.close();
  });

  it("frees the place of a writer that was killed", async () => {
    const writer = new Child(`await open({ path }); print("open"); setInterval(() => {}, 1000);`, folder.path);
    await writer.printed(1);
    await failure("STORE_IN_USE", openSqliteStore({ path: folder.path }));
    await writer.kill();
    await (await openSqliteStore({ path: folder.path })).close();
  });

  it("lets its process end, though it was not closed, when nobody waits for it", async () => {
    const child = new Child(
      `const store = await open({ path });
       void (async () => { for await (const event of store.subscribe(0, new AbortController().signal)) print("event"); })();
       await store.append([{ stream: "a", expected: 0, events: [{ kind: "k", data: 1 }] }]);
       print("done");`,
      folder.path,
    );
    expect(await child.ended).to.equal(0);
    expect(child.lines).to.include("done");
    const store = await openSqliteStore({ path: folder.path });
    expect(await store.head()).to.equal(1);
    await store.close();
  });

  it("keeps its process alive until an append is answered", async () => {
    const child = new Child(
      `open({ path }).then((store) => store.append([{ stream: "a", expected: 0, events: [{ kind: "k", data: 1 }] }])).then(print);`,
      folder.path,
    );
    expect(await child.ended).to.equal(0);
    expect(child.lines).to.deep.equal(["1"]);
  });

  it("keeps what it acknowledged whenever it is killed, and positions without a gap", async () => {
    const next = random(seed);
    let acknowledged = 0;
    const conflicts = new Set<string>();
    for (let round = 0; round < 8; round++) {
      // 40 writers; each acknowledgement is printed with a blocking write, so a printed position was acknowledged.
      const child = new Child(
        `import { writeSync } from "node:fs";
         const store = await open({ path });
         const names = Array.from({ length: 40 }, (_, i) => "s/" + i);
         const at = await store.versions(names);
         names.forEach(async (stream, i) => {
           for (;;) {
             const position = await store.append([{ stream, expected: at[i]++, events: [{ kind: "k", data: "x".repeat(200) }] }]);
             for (const line = position + " " + stream + " " + at[i] + "\\n"; ;) {
               try {
                 writeSync(1, line);
                 break;
               } catch (error) {
                 if (error.code !== "EAGAIN") throw error; // the pipe is full: a slow reader, not the end
               }
             }
           }
         });`,
        folder.path,
      );
      await child.printed(1 + Math.floor(next() * 1500));
      await child.kill();
      const store = await openSqliteStore({ path: folder.path });
      const all = await collect(store.readAll(0));
      await store.close();
      expectGapFree(all);
      for (const line of child.lines) {
        const [position, stream, version] = line.split(" ");
        if (version === undefined) continue; // the last line may be cut off
        acknowledged++;
        const event = all[Number(position) - 1];
        if (event?.stream !== stream || event?.version !== Number(version)) conflicts.add(`round ${round}: ${line}`);
      }
    }
    console.log(`      ${acknowledged} acknowledged events in 8 rounds`);
    expect([...conflicts]).to.deep.equal([]);
  });

  describe("a reader", () => {
    it("works with no writer there, creates nothing, changes nothing, and writes nothing", async () => {
      const writer = await openSqliteStore({ path: folder.path });
      await writer.append([{ stream: "a", expected: 0, events: events(1500) }]);
      await writer.saveSnapshot("s", { position: 3, data: 1 });
      await writer.close();
      const before = folder.hashes();
      const reader = await openSqliteStore({ path: folder.path, readOnly: true });
      expectGapFree(await collect(reader.readAll(0)));
      expect(await reader.versions(["a"])).to.deep.equal([1500]);
      expect(await reader.loadSnapshot("s")).to.deep.equal({ position: 3, data: 1 });
      await failure("STORE_READ_ONLY", reader.append([{ stream: "b", expected: 0, events: [one] }]));
      await failure("STORE_READ_ONLY", reader.saveSnapshot("b", { position: 1, data: 1 }));
      expect(folder.hashes()).to.deep.equal(before);
      await reader.close();
      expect(folder.hashes()).to.deep.equal(before);
    });

    it("sees a writer come, append, close and come again", async () => {
      await (await openSqliteStore({ path: folder.path })).close();
      const reader = await openSqliteStore({ path: folder.path, readOnly: true });
      for (let round = 0; round < 4; round++) {
        expect(await reader.head()).to.equal(round * 100);
        const writer = await openSqliteStore({ path: folder.path });
        for (let i = 0; i < 10; i++) {
          const head = await writer.append([{ stream: "a", expected: round * 100 + i * 10, events: events(10) }]);
          expect(await reader.head()).to.equal(head);
        }
        expectGapFree(await collect(reader.readAll(0)));
        await writer.close();
      }
      await reader.close();
    });

    it("reads what a killed writer left, and leaves the main file and the -wal as they are", async () => {
      const child = new Child(
        `const store = await open({ path });
         for (let i = 0; i < 30; i++) print(await store.append([{ stream: "a", expected: i, events: [{ kind: "k", data: 1 }] }]));
         setInterval(() => {}, 1000);`,
        folder.path,
      );
      await child.printed(30);
      await child.kill();
      const before = folder.hashes("store.db-shm");
      expect(existsSync(`${folder.path}-wal`)).to.equal(true);
      const reader = await openSqliteStore({ path: folder.path, readOnly: true });
      expect(await collect(reader.readAll(0))).to.have.length(30);
      await reader.close();
      expect(folder.hashes("store.db-shm")).to.deep.equal(before);
    });

    it("subscribes to what another process appends, each event exactly once", async () => {
      await (await openSqliteStore({ path: folder.path })).close();
      const reader = await openSqliteStore({ path: folder.path, readOnly: true, pollInterval: 5 });
      const child = new Child(
        `const store = await open({ path });
         for (let i = 0; i < 300; i++) await store.append([{ stream: "a", expected: i, events: [{ kind: "k", data: i }] }]);
         await store.close();`,
        folder.path,
      );
      const seen: number[] = [];
      for await (const event of reader.subscribe(0, new AbortController().signal)) {
        seen.push(event.position);
        if (event.position === 300) break;
      }
      expect(seen).to.deep.equal(Array.from({ length: 300 }, (_, i) => i + 1));
      expect(await child.ended).to.equal(0);
      const waiting = collect(reader.subscribe(300, new AbortController().signal));
      await reader.close();
      expect(await waiting).to.deep.equal([]);
    });
  });
});
