import { expect } from "chai";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { requestOf } from "../../../src/list/index.ts";
import { voucherNumbersStream } from "../../../src/nonce/index.ts";
import { openSqliteStore } from "../../../src/store/index.ts";
import { orderStream } from "../../../src/order/index.ts";
import { listOf, World } from "./world.ts";

describe("A store that does not know what the chain has", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  /** What losing the disk does. */
  const loseStore = () => Promise.all(["", "-wal", "-shm", ".lock"].map((end) => rm(world.storePath + end, { force: true })));

  it("adopts the mints of the past, so that the same list mints nothing again and a new one gets fresh numbers", async () => {
    const rows = listOf(120);
    await world.mint(rows);
    await loseStore();
    const adopted: number[] = [];
    const again = await world.mint([...rows, ...listOf(30, 200)], { onAdopted: (orders) => adopted.push(orders) });
    expect(adopted).to.deep.equal([120]);
    expect(again).to.include({ finalBefore: 120, accepted: 30, final: 150, conflictCount: 0 });
    const minted = await world.minted();
    expect(minted).to.have.lengthOf(150);
    expect(new Set(minted).size).to.equal(150);
    expect(world.troubles).to.deep.equal([]);
  });

  it("whose voucher numbers others used gives its orders new ones, once that is final, and mints each once", async () => {
    const theirs = listOf(5, 500);
    await world.mint(theirs);
    const numbers = (await world.events()).filter(({ stream }) => stream.startsWith("voucher-numbers/"));
    const { firstWord } = numbers.find(({ kind }) => kind === "leased")?.data as { firstWord: string };
    const storePath = join(world.root, "another.db");
    const another = await openSqliteStore({ path: storePath });
    const lease = { firstWord: (BigInt(firstWord) - 1n).toString(), words: 1, epoch: 1 };
    await another.append([{ stream: numbers[0]?.stream ?? "", expected: 0, events: [{ kind: "leased", data: lease }] }]);
    await another.close();
    const ours = listOf(3, 600);
    expect(await world.mint(ours, { storePath })).to.include({ minted: 3, final: 3 });
    const minted = await world.minted();
    expect(new Set(minted).size).to.equal(minted.length);
    for (const row of ours) expect(minted).to.include(requestOf(row, "default").orderId);
    const store = await openSqliteStore({ path: storePath, readOnly: true });
    try {
      const [first] = ours.map((row) => requestOf(row, "default").orderId);
      const kinds: string[] = [];
      for await (const { kind, data } of store.read(orderStream(first ?? ""))) {
        kinds.push(kind === "unconfirmed" ? (data as { reason: string }).reason : kind);
      }
      expect(kinds.slice(0, 6)).to.deep.equal(["requested", "authorised", "assigned", "broadcast", "number-taken", "authorised"]);
    } finally {
      await store.close();
    }
  });

  it("adopts once, and sees a row that was minted with other content as a conflict", async () => {
    const [row, ...others] = listOf(3);
    if (!row) throw new Error("a list of three has a first row");
    await world.mint([row, ...others]);
    await loseStore();
    const adopted: number[] = [];
    const report = await world.mint([{ ...row, quantity: row.quantity + 1 }], { onAdopted: (orders) => adopted.push(orders) });
    expect(report).to.include({ conflictCount: 1, accepted: 0 });
    await world.mint(others, { onAdopted: (orders) => adopted.push(orders) });
    expect(adopted).to.deep.equal([3]);
  });

  it("never calls a mint final that it believes to be in a block which is not canonical: it is taken back and driven again", async () => {
    const [row] = listOf(1);
    if (!row) throw new Error("a list of one has a first row");
    const { orderId, ...data } = requestOf(row, "default");
    const store = await openSqliteStore({ path: world.storePath });
    const tentative = { block: 1, blockHash: `0x${"ab".repeat(32)}`, txHash: `0x${"cd".repeat(32)}`, firstTokenId: "1" };
    await store.append([
      {
        stream: `order/${orderId}`,
        expected: 0,
        events: [
          { kind: "requested", data: { ...data, minter: world.minter } },
          { kind: "authorised", data: { number: "7", second: 0 } },
          { kind: "tentative", data: tentative },
        ],
      },
      {
        stream: voucherNumbersStream(31_337, world.minter),
        expected: 0,
        events: [{ kind: "leased", data: { firstWord: "0", words: 1, epoch: 1 } }],
      },
    ]);
    await store.close();
    const report = await world.mint([row]);
    expect(report).to.include({ accepted: 0, resumed: 1, final: 1 });
    expect(await world.minted()).to.deep.equal([orderId]);
    expect(await world.counts()).to.include({ unconfirmed: 1, tentative: 2, final: 1 });
  });
});
