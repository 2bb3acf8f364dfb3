import { expect } from "chai";
import fc from "fast-check";
import { VersionConflict } from "../../../src/store/index.ts";
import type { EventStore, Json, StreamWrite } from "../../../src/store/index.ts";
import { collect, events, expectGapFree, failure } from "./expectations.ts";
import { invalidWrites } from "./invalid-writes.ts";
import { checkAgainstModel } from "./model.ts";
import { seed } from "./seed.ts";
import { subscribeConformance } from "./subscribe-conformance.ts";

/** A place where one store lives, and outlives its closing. */
export interface StorePlace {
  open(now?: () => number): Promise<EventStore>;
  /** Takes away all that was stored. */
  remove(): Promise<void>;
}

/** What every adapter of the EventStore port promises. @param create makes a new, empty place. */
export function eventStoreConformance(name: string, create: () => Promise<StorePlace>): void {
  describe(`EventStore on ${name}`, function () {
    this.timeout(90_000);
    let place: StorePlace;
    let store: EventStore;
    let clock = 0;

    beforeEach(async () => {
      clock = 1_700_000_000_000;
      place = await create();
      store = await place.open(() => clock++);
    });

    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    describe("an empty store", () => {
      it("has no events, streams or snapshots", async () => {
        expect(await store.head()).to.equal(0);
        expect(await store.versions(["a", "b"])).to.deep.equal([0, 0]);
        expect(await store.versions([])).to.deep.equal([]);
        expect(await collect(store.read("a"))).to.deep.equal([]);
        expect(await collect(store.readAll(0))).to.deep.equal([]);
        expect(await collect(store.readAll(10))).to.deep.equal([]);
        expect(await store.loadSnapshot("orders")).to.equal(undefined);
      });
    });

    describe("append", () => {
      it("stores events with position, version and the appending process's time", async () => {
        expect(await store.append([{ stream: "order/1", expected: 0, events: [{ kind: "requested", data: { user: "ann" } }] }])).to.equal(
          1,
        );
        expect(await store.append([{ stream: "order/1", expected: 1, events: [{ kind: "authorised", data: null }] }])).to.equal(2);
        expect(await collect(store.read("order/1"))).to.deep.equal([
          { position: 1, stream: "order/1", version: 1, kind: "requested", at: 1_700_000_000_000, data: { user: "ann" } },
          { position: 2, stream: "order/1", version: 2, kind: "authorised", at: 1_700_000_000_001, data: null },
        ]);
      });

      it("writes many streams contiguously and returns the last position", async () => {
        const writes = [
          { stream: "a", expected: 0, events: events(2) },
          { stream: "b", expected: 0, events: events(3) },
        ];
        expect(await store.append(writes)).to.equal(5);
        const all = await collect(store.readAll(0));
        expect(all.map((event) => `${event.stream}${event.version}`)).to.deep.equal(["a1", "a2", "b1", "b2", "b3"]);
        expect(await store.versions(["b", "none", "a"])).to.deep.equal([3, 0, 2]);
      });

      it("refuses a stale version and writes nothing", async () => {
        await store.append([{ stream: "a", expected: 0, events: events(2) }]);
        const error = await failure("VERSION_CONFLICT", store.append([{ stream: "a", expected: 1, events: events(1) }]));
        expect(error).to.be.instanceOf(VersionConflict).and.to.include({ stream: "a", expected: 1, actual: 2 });
        await failure("VERSION_CONFLICT", store.append([{ stream: "a", expected: 3, events: events(1) }]));
        await failure("VERSION_CONFLICT", store.append([{ stream: "new", expected: 1, events: events(1) }]));
        expect(await store.head()).to.equal(2);
      });

      it("writes all streams of an append or none", async () => {
        await store.append([{ stream: "b", expected: 0, events: events(1) }]);
        const writes = [
          { stream: "a", expected: 0, events: events(1) },
          { stream: "b", expected: 0, events: events(1) },
          { stream: "c", expected: 9, events: events(1) },
        ];
        const error = await failure("VERSION_CONFLICT", store.append(writes));
        expect(error).to.include({ stream: "b", expected: 0, actual: 1 });
        expect(await store.versions(["a", "b", "c"])).to.deep.equal([0, 1, 0]);
        expect(await store.append([{ stream: "a", expected: 0, events: events(1) }])).to.equal(2);
      });

      it("lets a conflict fail alone among the appends in flight with it", async () => {
        const results = await Promise.allSettled(
          Array.from({ length: 300 }, (_, i) =>
            store.append([{ stream: `s/${i}`, expected: i % 7 === 3 ? 1 : 0, events: events(1 + (i % 3)) }]),
          ),
        );
        results.forEach((result, i) => {
          expect(result.status, `append ${i}`).to.equal(i % 7 === 3 ? "rejected" : "fulfilled");
          if (result.status === "rejected") expect(result.reason).to.include({ code: "VERSION_CONFLICT", stream: `s/${i}`, actual: 0 });
        });
        const all = await collect(store.readAll(0));
        expectGapFree(all);
        const last = new Map(all.map((event) => [event.stream, event.position]));
        results.forEach((result, i) => {
          expect(result.status === "fulfilled" ? result.value : undefined).to.equal(last.get(`s/${i}`));
        });
      });

      it("takes appends to one stream in the order of the calls, without waiting between them", async () => {
        const positions = await Promise.all(
          Array.from({ length: 200 }, (_, i) => store.append([{ stream: "lane", expected: i, events: events(1, i) }])),
        );
        expect(positions).to.deep.equal(Array.from({ length: 200 }, (_, i) => i + 1));
      });

      it("lets exactly one of many writers win a version", async () => {
        const results = await Promise.allSettled(
          Array.from({ length: 50 }, () => store.append([{ stream: "prize", expected: 0, events: events(1) }])),
        );
        expect(results.filter(({ status }) => status === "fulfilled")).to.have.length(1);
        expect(await store.versions(["prize"])).to.deep.equal([1]);
      });

      it("accepts more at once than it takes on its way, and keeps their order", async () => {
        const positions = await Promise.all(
          Array.from({ length: 12_000 }, (_, i) =>
            store.append([{ stream: `q/${i % 10}`, expected: Math.floor(i / 10), events: events(1) }]),
          ),
        );
        expect(positions.every((position, i) => position === i + 1)).to.equal(true);
      });

      it("refuses what cannot be stored, each with a typed error, and writes nothing", async () => {
        for (const [what, writes] of invalidWrites) {
          await failure("STORE_INVALID_WRITE", store.append(writes as readonly StreamWrite[])).catch((error: unknown) => {
            throw new Error(what, { cause: error });
          });
        }
        expect(await store.head()).to.equal(0);
        expect(await store.append([{ stream: "next", expected: 0, events: events(1) }])).to.equal(1);
      });

      it("gives back any JSON, and any well-formed name, as it was", async () => {
        const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => !text.includes("\0"));
        let n = 0;
        await fc.assert(
          fc.asyncProperty(fc.jsonValue(), name, async (data, kind) => {
            const stream = `${kind}/${n++}`;
            await store.append([{ stream, expected: 0, events: [{ kind, data: data as Json }] }]);
            const [event] = await collect(store.read(stream));
            // The one exception in the port's adapters: JSON has no -0.
            expect(event).to.include({ stream, kind });
            expect(event?.data).to.deep.equal(JSON.parse(JSON.stringify(data)));
          }),
          { seed, numRuns: 100 },
        );
      });
    });

    describe("read", () => {
      it("pages through long streams, from any version, beside other streams", async () => {
        for (let i = 0; i < 5; i++) {
          await store.append([
            { stream: "long", expected: i * 300, events: events(300, i * 300 + 1) },
            { stream: "other", expected: i * 10, events: events(10) },
          ]);
        }
        const long = await collect(store.read("long"));
        expect(long.map((event) => event.version)).to.deep.equal(Array.from({ length: 1500 }, (_, i) => i + 1));
        expect(long.every((event) => (event.data as { n: number }).n === event.version && event.stream === "long")).to.equal(true);
        expect((await collect(store.read("long", 1024))).map((event) => event.version)).to.deep.equal(
          long.slice(1023).map((e) => e.version),
        );
        expect(await collect(store.read("long", 1501))).to.deep.equal([]);
        const all = await collect(store.readAll(0));
        expectGapFree(all);
        expect(all).to.have.length(1550);
        expect(await collect(store.readAll(700))).to.deep.equal(all.slice(700));
      });

      it("carries events of a megabyte", async () => {
        const data = "ü".repeat(1_000_000);
        await store.append([{ stream: "big", expected: 0, events: Array.from({ length: 3 }, () => ({ kind: "big", data })) }]);
        const read = await collect(store.read("big"));
        expect(read.map((event) => event.data === data)).to.deep.equal([true, true, true]);
      });

      it("may be left early", async () => {
        await store.append([{ stream: "a", expected: 0, events: events(1200) }]);
        for await (const event of store.readAll(0)) if (event.position === 3) break;
        for await (const event of store.read("a")) if (event.version === 600) break;
        expect(await store.head()).to.equal(1200);
      });

      it("reads what is about some streams alone, in order, over many pages of others, and to its end", async () => {
        const others = events(40).map(({ kind }) => ({ kind, data: "x".repeat(10_000) }));
        for (let i = 0; i < 6; i++) {
          await store.append([
            { stream: `lane/${i}`, expected: 0, events: others },
            { stream: `order/${i}`, expected: 0, events: events(200) },
            { stream: `ordered/${i}`, expected: 0, events: events(1) },
          ]);
        }
        const all = await collect(store.readAll(0));
        const about = all.filter(({ stream }) => stream.startsWith("order/"));
        expect(about).to.have.lengthOf(1_200);
        expect(await collect(store.readAll(0, "order/"))).to.deep.equal(about);
        expect(await collect(store.readAll(700, "order/"))).to.deep.equal(about.filter(({ position }) => position > 700));
        expect(await collect(store.readAll(0, "nobody/"))).to.deep.equal([]);
      });

      it("readAll ends at the head that it found, though more is appended meanwhile", async () => {
        await store.append([{ stream: "a", expected: 0, events: events(600) }]);
        const seen: number[] = [];
        for await (const event of store.readAll(0)) {
          if (event.position % 100 === 0) await store.append([{ stream: "b", expected: event.position / 100 - 1, events: events(1) }]);
          seen.push(event.position);
        }
        expect(await store.head()).to.equal(606);
        expect(seen).to.deep.equal(Array.from({ length: 600 }, (_, k) => k + 1));
      });
    });

    subscribeConformance(() => store);

    describe("snapshots", () => {
      it("are replaced by name and survive reopening", async () => {
        await store.saveSnapshot("orders", { position: 1, data: { open: 1 } });
        await store.saveSnapshot("lanes", { position: 2, data: [] });
        await store.saveSnapshot("orders", { position: 7, data: { open: [1, 2, "ü"] } });
        await store.close();
        store = await place.open();
        expect(await store.loadSnapshot("orders")).to.deep.equal({ position: 7, data: { open: [1, 2, "ü"] } });
        expect(await store.loadSnapshot("lanes")).to.deep.equal({ position: 2, data: [] });
      });

      it("refuse what is not JSON", async () => {
        await failure("STORE_INVALID_WRITE", store.saveSnapshot("orders", { position: 1, data: { when: NaN } }));
        await failure("STORE_INVALID_WRITE", store.saveSnapshot("", { position: 1, data: null }));
        await failure("STORE_INVALID_WRITE", store.saveSnapshot("orders", { position: -1, data: null }));
        expect(await store.loadSnapshot("orders")).to.equal(undefined);
      });
    });

    describe("close", () => {
      it("finishes what is in flight and in line, and what was acknowledged is there afterwards", async () => {
        const inFlight = Array.from({ length: 6000 }, (_, i) => store.append([{ stream: `s/${i}`, expected: 0, events: events(1) }]));
        const closing = store.close();
        expect(store.close()).to.equal(closing);
        await closing;
        expect(await Promise.all(inFlight)).to.have.length(6000);
        store = await place.open();
        expect(await store.head()).to.equal(6000);
        expectGapFree(await collect(store.readAll(0)));
        expect(await store.append([{ stream: "s/0", expected: 1, events: events(1) }])).to.equal(6001);
      });

      it("refuses every later call", async () => {
        await store.close();
        await failure("STORE_CLOSED", store.append([{ stream: "a", expected: 0, events: events(1) }]));
        await failure("STORE_CLOSED", store.versions(["a"]));
        await failure("STORE_CLOSED", collect(store.read("a")));
        await failure("STORE_CLOSED", collect(store.readAll(0)));
        await failure("STORE_CLOSED", collect(store.subscribe(0, new AbortController().signal)));
        await failure("STORE_CLOSED", store.head());
        await failure("STORE_CLOSED", store.saveSnapshot("a", { position: 0, data: null }));
        await failure("STORE_CLOSED", store.loadSnapshot("a"));
        await store.close();
      });

      it("ends a read under way with an error, not as if it were complete", async () => {
        await store.append([{ stream: "a", expected: 0, events: events(3000) }]);
        const read = store.read("a")[Symbol.asyncIterator]();
        await read.next();
        await store.close();
        const rest = async (): Promise<void> => {
          while ((await read.next()).done !== true);
        };
        await failure("STORE_CLOSED", rest());
      });
    });

    it("agrees with a model, whatever writers do", async () => {
      await checkAgainstModel(create, seed);
    });
  });
}
