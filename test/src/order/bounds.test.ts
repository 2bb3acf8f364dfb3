import { expect } from "chai";
import { cancelled, type MintRequest } from "../../../src/order/index.ts";
import type { EventStore } from "../../../src/store/index.ts";
import { failure } from "../store/expectations.ts";
import { openBook, StoreFolder } from "./books.ts";
import { carrierOf, hashOf, idOf, inclusionIn, requestFor } from "./orders.ts";

/** What holders may leave as it is for ever, and what the service mints. */
describe("The order book's two bounds", () => {
  let folder: StoreFolder;
  let store: EventStore;
  const inclusion = inclusionIn(50, hashOf(3));

  beforeEach(async () => {
    folder = await StoreFolder.make();
    store = await folder.open();
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  const numbered = (n: number) => ({ number: String(n), second: 100 });
  const bindAll = (fresh: readonly MintRequest[]) => Promise.resolve(fresh.map((_, i) => numbered(1_000 + i)));
  const requestsFor = (...ns: number[]) => ns.map((n) => requestFor(n));

  it("vouchers take no room from requests, nor requests from vouchers, also after a restart", async () => {
    const bounds = { maxOpen: 2, maxIssued: 3 };
    let book = await openBook(store, bounds);
    await failure("TOO_MANY_ISSUED_VOUCHERS", book.issue(requestsFor(1, 2, 3, 4), bindAll));
    expect(await store.head()).to.equal(0);
    await book.issue(requestsFor(1, 2, 3), bindAll);
    expect([book.room, book.issueRoom]).to.deep.equal([2, 0]);
    await book.request(requestsFor(11, 12));
    for (const again of [false, true]) {
      if (again) {
        await book.close();
        book = await openBook(store, bounds);
      }
      expect([book.room, book.issueRoom, book.openCount]).to.deep.equal([0, 0, 5]);
      await failure("TOO_MANY_OPEN_ORDERS", book.request([requestFor(13)]));
      await failure("TOO_MANY_ISSUED_VOUCHERS", book.issue([requestFor(4)], bindAll));
    }
  });

  it("a voucher that was redeemed makes room when that is final, and one that was cancelled at once", async () => {
    const book = await openBook(store, { maxOpen: 1, maxIssued: 2 });
    await book.issue(requestsFor(1, 2), bindAll);
    await book.execute([{ orderId: idOf(1), command: { kind: "include", inclusion } }]);
    expect([book.room, book.issueRoom]).to.deep.equal([1, 0]);
    await book.execute([{ orderId: idOf(1), command: { kind: "deepen", blockHash: inclusion.blockHash, head: inclusion.block + 31 } }]);
    expect([book.room, book.issueRoom]).to.deep.equal([1, 1]);
    await book.execute([{ orderId: idOf(2), command: cancelled("its number was cancelled") }]);
    expect([book.room, book.issueRoom]).to.deep.equal([1, 2]);
  });

  it("both together are never passed where the service takes vouchers into its own hands", async () => {
    const book = await openBook(store, { maxOpen: 1, maxIssued: 2 });
    await book.issue(requestsFor(1, 2), bindAll);
    for (const n of [1, 2]) await book.execute([{ orderId: idOf(n), command: { kind: "assign", carrier: carrierOf(n) } }]);
    expect([book.room, book.issueRoom]).to.deep.equal([0, 1]);
    await book.issue([requestFor(3)], bindAll);
    await failure("TOO_MANY_ISSUED_VOUCHERS", book.issue([requestFor(4)], bindAll));
    expect(book.openCount).to.equal(3);
  });
});
