import { expect } from "chai";
import { orderStream, readOrder } from "../../../src/order/index.ts";
import type { EventStore } from "../../../src/store/index.ts";
import { failure } from "../store/expectations.ts";
import { allEvents, openBook, StoreFolder, storeWith } from "./books.ts";
import { assigned, authorised, hashOf, idOf, inclusionIn, requestFor } from "./orders.ts";

describe("The order book", () => {
  let folder: StoreFolder;
  let store: EventStore;

  beforeEach(async () => {
    folder = await StoreFolder.make();
    store = await folder.open();
  });

  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  it("accepts a request once, however often it is told, in one call or in many", async () => {
    const book = await openBook(store);
    const outcomes = await book.request([requestFor(1), requestFor(2), requestFor(1)]);
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(["accepted", "accepted", "known"]);
    expect((await book.request([requestFor(2)])).map(({ outcome }) => outcome)).to.deep.equal(["known"]);
    expect((await allEvents(store)).map(({ stream, kind }) => [stream, kind])).to.deep.equal([
      [orderStream(idOf(1)), "requested"],
      [orderStream(idOf(2)), "requested"],
    ]);
  });

  it("accepts orders with their vouchers in one append, binds only those that are new, and replays them alike", async () => {
    const appends: number[] = [];
    const book = await openBook(
      storeWith(store, {
        append(writes) {
          appends.push(writes.length);
          return store.append(writes);
        },
      }),
    );
    await book.request([requestFor(1)]);
    const asked: string[][] = [];
    const bind = (fresh: readonly { orderId: string }[]) => {
      asked.push(fresh.map(({ orderId }) => orderId));
      return Promise.resolve(fresh.map((_, i) => ({ number: String(40 + i), second: 7 })));
    };
    const outcomes = await book.issue([requestFor(1), requestFor(2), requestFor(3), requestFor(2), requestFor(1, { quantity: 9 })], bind);
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(["known", "accepted", "accepted", "known", "conflict"]);
    await book.issue([requestFor(2)], bind);
    expect(asked).to.deep.equal([[idOf(2), idOf(3)]]);
    expect(appends).to.deep.equal([1, 2]);
    expect([1, 2, 3].map((n) => [book.get(idOf(n))?.kind, book.get(idOf(n))?.voucher?.number, book.acceptedAt(idOf(n))])).to.deep.equal([
      ["requested", undefined, 1],
      ["authorised", "40", 2],
      ["authorised", "41", 4],
    ]);
    expect(await book.countNew([1, 2, 5, 6, 5].map(idOf))).to.equal(2);
    const replayed = await openBook(store);
    expect([...replayed.open()]).to.deep.equal([...book.open()]);
    expect([1, 2, 3].map((n) => replayed.acceptedAt(idOf(n)))).to.deep.equal([1, 2, 4]);
  });

  it("writes nothing where the vouchers cannot be bound", async () => {
    const book = await openBook(store);
    const outcome = (bind: Parameters<typeof book.issue>[1]) =>
      book.issue([requestFor(1)], bind).then(
        () => "accepted",
        (error: unknown) => String(error),
      );
    expect(await outcome(() => Promise.reject(new Error("no numbers")))).to.equal("Error: no numbers");
    expect(await outcome(() => Promise.resolve([]))).to.equal("TypeError: 0 vouchers for 1 orders");
    expect(await store.head()).to.equal(0);
    expect(book.openCount).to.equal(0);
    expect(book.room).to.equal(10_000);
  });

  it("tells a request with other content apart, field by field, and keeps the accepted one", async () => {
    const book = await openBook(store);
    await book.request([requestFor(1)]);
    for (const change of [{ quantity: 2 }, { to: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC" }, { uriDigest: idOf(9) }]) {
      const [outcome] = await book.request([requestFor(1, change)]);
      expect(outcome?.outcome).to.equal("conflict");
      const error = outcome?.outcome === "conflict" ? outcome.error : undefined;
      expect(error).to.include({ code: "IDEMPOTENCY_CONFLICT", orderId: idOf(1) });
      expect(error?.message).to.contain("'key-1'").and.to.contain(Object.keys(change)[0]);
    }
    const [, twice] = await book.request([requestFor(2), requestFor(2, { quantity: 5 })]);
    expect(twice?.outcome).to.equal("conflict");
    expect(book.get(idOf(1))?.request.quantity).to.equal(1);
    expect(await store.head()).to.equal(2);
  });

  it("knows a request whose order is closed by now", async () => {
    const book = await openBook(store);
    await book.request([requestFor(1)]);
    await book.execute([{ orderId: idOf(1), command: { kind: "reject", code: "X", reason: "x" } }]);
    expect(book.get(idOf(1))).to.equal(undefined);
    const [again] = await book.request([requestFor(1)]);
    expect(again?.outcome).to.equal("known");
    expect((await book.find(idOf(1))).kind).to.equal("rejected");
    expect(await store.head()).to.equal(2);
  });

  it("refuses more than may be open before it writes anything", async () => {
    const book = await openBook(store, { maxOpen: 2 });
    await failure("TOO_MANY_OPEN_ORDERS", book.request([1, 2, 3].map((n) => requestFor(n))));
    expect(await store.head()).to.equal(0);
    await book.request([requestFor(1), requestFor(2)]);
    expect((await book.request([requestFor(1)])).map(({ outcome }) => outcome)).to.deep.equal(["known"]); // not one more
    await failure("TOO_MANY_OPEN_ORDERS", book.request([requestFor(3)]));
  });

  it("adopts an order with its voucher in one append, and only once", async () => {
    let appends = 0;
    const counting = storeWith(store, {
      append(writes) {
        appends++;
        return store.append(writes);
      },
    });
    const book = await openBook(counting, { maxOpen: 1, maxIssued: 1 });
    await book.adopt(requestFor(1), { number: "7", second: 100 });
    expect(appends).to.equal(1);
    expect(book.get(idOf(1))).to.deep.include({ kind: "authorised", version: 2, voucher: { number: "7", second: 100 } });
    expect(await readOrder(store, idOf(1))).to.deep.equal(book.get(idOf(1)));
    await failure("TOO_MANY_ISSUED_VOUCHERS", book.adopt(requestFor(2), { number: "8", second: 100 }));
    await failure("TOO_MANY_OPEN_ORDERS", (await openBook(store, { maxOpen: 0 })).adopt(requestFor(2), { number: "8", second: 100 }));
    await failure("VERSION_CONFLICT", (await openBook(store)).adopt(requestFor(1), { number: "9", second: 100 }));
    expect(await store.head()).to.equal(2);
  });

  it("does not know an order that was never accepted", async () => {
    const book = await openBook(store);
    await failure("ORDER_NOT_FOUND", book.find(idOf(5)));
    await book.execute([{ orderId: idOf(5), command: authorised }]);
    expect(await store.head()).to.equal(0);
  });

  it("refuses an illegal command and with it all commands beside it: nothing is written, nobody hears", async () => {
    const book = await openBook(store);
    await book.request([requestFor(1), requestFor(2)]);
    let heard = 0;
    book.listen(() => heard++);
    const told = [
      { orderId: idOf(1), command: authorised },
      { orderId: idOf(2), command: assigned },
    ];
    await failure(
      "ILLEGAL_TRANSITION",
      book.execute(told, [{ stream: "lane/1/0x00", expected: 0, events: [{ kind: "attempted", data: {} }] }]),
    );
    expect(await store.head()).to.equal(2);
    expect(heard).to.equal(0);
    expect(book.get(idOf(1))?.kind).to.equal("requested");
  });

  it("writes a lane's record and its orders' events together or not at all", async () => {
    const book = await openBook(store);
    await book.request([requestFor(1)]);
    const stale = { stream: "lane/1/0x00", expected: 3, events: [{ kind: "attempted", data: {} }] };
    await failure("VERSION_CONFLICT", book.execute([{ orderId: idOf(1), command: authorised }], [stale]));
    expect(await store.head()).to.equal(1);
    await book.execute([{ orderId: idOf(1), command: authorised }], [{ ...stale, expected: 0 }]);
    expect(await store.versions([orderStream(idOf(1)), stale.stream])).to.deep.equal([2, 1]);
  });

  it("decides several commands to one order one after the other, in one append", async () => {
    let appends = 0;
    const counting = storeWith(store, {
      append(writes) {
        appends++;
        return store.append(writes);
      },
    });
    const book = await openBook(counting);
    await book.request([requestFor(1)]);
    const include = { kind: "include", inclusion: inclusionIn(50, hashOf(3)) } as const;
    await book.execute([authorised, assigned, include].map((command) => ({ orderId: idOf(1), command })));
    expect(appends).to.equal(2);
    expect(book.get(idOf(1))).to.include({ kind: "tentative", version: 4 });
  });

  it("tells its listeners each event once, in order, and only after it is durable", async () => {
    let durable = 0;
    const noting = storeWith(store, {
      async append(writes) {
        const head = await store.append(writes);
        durable = head;
        return head;
      },
    });
    const book = await openBook(noting);
    const heard: string[] = [];
    const stop = book.listen((order, event, before) => {
      heard.push(`${before?.kind ?? "unknown"} ${event.kind} v${order.version} of ${durable}`);
    });
    await book.request([requestFor(1)]);
    await book.execute([{ orderId: idOf(1), command: authorised }]);
    stop();
    await book.execute([{ orderId: idOf(1), command: assigned }]);
    expect(heard).to.deep.equal(["unknown requested v1 of 1", "requested authorised v2 of 2"]);
  });

  it("retries a conflict on the reloaded order, after a pause with jitter", async () => {
    const pauses: number[] = [];
    const book = await openBook(store, {
      random: () => 0.5,
      pause(ms) {
        pauses.push(ms);
        return Promise.resolve();
      },
    });
    await book.request([requestFor(1)]);
    // Another writer was faster: the order has a version that this book has not seen.
    const theirs = { kind: "authorised", data: { number: "7", second: 1 } };
    await store.append([{ stream: orderStream(idOf(1)), expected: 1, events: [theirs] }]);
    await book.execute([{ orderId: idOf(1), command: authorised }]);
    expect(pauses).to.deep.equal([5]);
    expect(book.get(idOf(1))).to.deep.include({ kind: "authorised", version: 3, voucher: { number: "7", second: 100 } });
    expect(await readOrder(store, idOf(1))).to.deep.equal(book.get(idOf(1)));
  });

  it("decides a retried command anew: what the other writer did may have made it illegal", async () => {
    const book = await openBook(store);
    await book.request([requestFor(1)]);
    const theirs = { kind: "authorised", data: { number: "9", second: 1 } };
    await store.append([{ stream: orderStream(idOf(1)), expected: 1, events: [theirs] }]);
    let thrown: unknown;
    await book.execute([{ orderId: idOf(1), command: authorised }]).catch((error: unknown) => (thrown = error));
    expect(thrown).to.have.property("code", "VOUCHER_NUMBER_CHANGED");
    expect(await store.head()).to.equal(2);
  });

  it("gives a conflict that never ends back to the caller after three retries", async () => {
    const pauses: number[] = [];
    const book = await openBook(store, {
      pause(ms) {
        pauses.push(ms);
        return Promise.resolve();
      },
    });
    await book.request([requestFor(1)]);
    const stale = { stream: "lane/1/0x00", expected: 3, events: [{ kind: "attempted", data: {} }] };
    await failure("VERSION_CONFLICT", book.execute([{ orderId: idOf(1), command: authorised }], [stale]));
    expect(pauses).to.deep.equal([10, 15, 22.5]);
    expect(book.get(idOf(1))?.kind).to.equal("requested");
  });

  it("opens again with the same orders, with a snapshot and without one", async () => {
    const book = await openBook(store);
    await book.request([1, 2, 3, 4].map((n) => requestFor(n)));
    await book.execute([{ orderId: idOf(2), command: authorised }]);
    await book.execute([{ orderId: idOf(3), command: { kind: "reject", code: "X", reason: "x" } }]);
    const before = [...book.open()];
    expect(before.map(({ request }) => request.orderId)).to.deep.equal([1, 2, 4].map(idOf));
    expect([...(await openBook(store)).open()]).to.deep.equal(before);
    await book.close();
    await store.close();
    store = await folder.open();
    const reopened = await openBook(store);
    expect([...reopened.open()]).to.deep.equal(before);
    expect(await readOrder(store, idOf(3))).to.include({ kind: "rejected", reason: "x" });
  });
});
