import { expect } from "chai";
import fc from "fast-check";
import type { OrderBook, OrderCommand } from "../../../src/order/index.ts";
import type { EventStore } from "../../../src/store/index.ts";
import { openBook, StoreFolder, storeWith, minter } from "./books.ts";
import { authorised, hashOf, idOf, inclusionIn, requestFor } from "./orders.ts";

const commands: readonly OrderCommand[] = [
  authorised,
  { kind: "include", inclusion: inclusionIn(50, hashOf(3)) },
  { kind: "reject", code: "X", reason: "x" },
  { kind: "deepen", blockHash: idOf(50_000), head: 500 },
  { kind: "unconfirm", reason: "reorg", blockHash: idOf(50_000) },
];

type Step = { readonly request: number } | { readonly order: number; readonly command: number } | "snapshot";

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ request: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 8, arbitrary: fc.record({ order: fc.integer({ min: 1, max: 40 }), command: fc.nat(commands.length - 1) }) },
  { weight: 1, arbitrary: fc.constant("snapshot" as const) },
);

async function live(book: OrderBook, steps: readonly Step[]): Promise<void> {
  for (const each of steps) {
    if (each === "snapshot")
      await book.close(); // keeps a snapshot and stays usable
    else if ("request" in each) await book.request([requestFor(each.request)]);
    else {
      const command = commands[each.command] ?? authorised;
      await book.execute([{ orderId: idOf(each.order), command }]).catch(() => undefined); // illegal ones are refused
    }
  }
}

describe("The order book's snapshot", function () {
  this.timeout(90_000);
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

  it("and what was appended since give the same orders as all events", async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const own = await StoreFolder.make();
      const fresh = await own.open();
      try {
        const book = await openBook(fresh);
        await live(book, steps);
        const quick = await openBook(fresh);
        const whole = await openBook(storeWith(fresh, { loadSnapshot: () => Promise.resolve(undefined) }));
        expect([...quick.open()]).to.deep.equal([...whole.open()]);
        expect([...quick.open()]).to.deep.equal([...book.open()]);
      } finally {
        await fresh.close();
        await own.remove();
      }
    });
    await fc.assert(property, { numRuns: 12 });
  });

  it("carries the oldest thousand orders and leaves the others to be replayed", async () => {
    const book = await openBook(store);
    await book.request(Array.from({ length: 1_500 }, (_, i) => requestFor(i + 1)));
    await book.execute([3, 1_200, 1_400].map((n) => ({ orderId: idOf(n), command: authorised })));
    await book.execute([4, 1_300].map((n) => ({ orderId: idOf(n), command: { kind: "reject", code: "X", reason: "x" } })));
    await book.close();
    const snapshot = await store.loadSnapshot(`orders/open/${minter.toLowerCase()}`);
    expect(snapshot?.data).to.have.lengthOf(1_000);
    expect(snapshot?.position).to.equal(1_001); // order 4 is closed, so 1,002 is the first that is not carried
    await book.execute([5, 1_001, 1_450].map((n) => ({ orderId: idOf(n), command: { kind: "reject", code: "X", reason: "x" } })));
    const reopened = await openBook(store);
    expect([...reopened.open()]).to.deep.equal([...book.open()]);
    expect(reopened.openCount).to.equal(1_495);
  });
});
