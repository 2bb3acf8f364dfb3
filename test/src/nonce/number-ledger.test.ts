import { expect } from "chai";
import {
  InvalidNodeName,
  InvalidReservation,
  InvalidShardCount,
  NumberLedger,
  ShardElsewhere,
  ShardUnknown,
  UnreadableLease,
  VoucherNumbersContended,
  VoucherNumbersExhausted,
  voucherNumbersStream,
} from "../../../src/nonce/index.ts";
import type { Json } from "../../../src/store/event-store.ts";
import { MemoryStore, VersionConflict } from "./memory-store.ts";

const MINTER = "0x55AC5436e68305A0C54297642163A8FdF23BbA0a";
const STREAM = voucherNumbersStream(31337, MINTER);

const open = (store: MemoryStore, firstWord = 0n, more: { eventsBetweenSnapshots?: number } = {}) =>
  NumberLedger.open({ store, chainId: 31337, minter: MINTER, shards: 4, firstWord, ...more });

const recorded = (store: MemoryStore) => store.events.map(({ kind, data }) => ({ kind, data }));

async function thrown(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("NumberLedger", () => {
  it("records nothing by being opened or asked for what is so already", async () => {
    const store = new MemoryStore();
    const ledger = await open(store);
    expect(ledger.map).to.deep.equal({ version: 1, shards: 4 });
    expect(ledger.ownerOf(0)).to.equal(undefined);
    expect(store.events).to.have.length(0);
  });

  it("leases whole words one behind the other, with the map that users are routed by on record before", async () => {
    const store = new MemoryStore();
    const ledger = await open(store, 1_000n);
    expect(await ledger.lease(2, "a", 4)).to.deep.equal({ firstWord: 1_000n, words: 4, epoch: 2 });
    expect(await ledger.lease(2, "a", 1)).to.deep.equal({ firstWord: 1_004n, words: 1, epoch: 2 });
    expect(await ledger.leaseApart("partner", 3)).to.deep.equal({ firstWord: 1_005n, words: 3, epoch: 4 });
    expect(recorded(store)).to.deep.equal([
      { kind: "mapped", data: { version: 1, shards: 4 } },
      { kind: "leased", data: { firstWord: "1000", words: 4, epoch: 2, shard: 2, node: "a" } },
      { kind: "leased", data: { firstWord: "1004", words: 1, epoch: 2, shard: 2, node: "a" } },
      { kind: "leased", data: { firstWord: "1005", words: 3, epoch: 4, node: "partner" } },
    ]);
    expect(store.events.every(({ stream }) => stream === STREAM)).to.equal(true);
  });

  it("shares one append among calls that come together", async () => {
    const store = new MemoryStore();
    let appends = 0;
    store.hooks.before = () => {
      appends++;
      return Promise.resolve();
    };
    const ledger = await open(store);
    await Promise.all([0, 1, 2, 3].map((shard) => ledger.lease(shard, "a", 1)));
    expect(appends).to.equal(1);
    expect(store.events).to.have.length(5);
  });

  it("is refused a lease of a shard that it does not know to be elsewhere, and learns it", async () => {
    const store = new MemoryStore();
    const [a, b] = [await open(store), await open(store)];
    await a.lease(0, "a", 1);
    await b.move(0, "b");
    const refusal = await thrown(a.lease(0, "a", 1));
    expect(refusal).to.be.instanceOf(ShardElsewhere).and.to.include({ shard: 0, node: "b", epoch: 3 });
    expect(a.ownerOf(0)).to.include({ node: "b", epoch: 3 });
    expect(await b.lease(0, "b", 1)).to.deep.equal({ firstWord: 1n, words: 1, epoch: 3 });
  });

  it("gives a shard a higher epoch with each owner, and none for the same one", async () => {
    const ledger = await open(new MemoryStore());
    const epochs = [await ledger.move(1, "a"), await ledger.move(1, "b"), await ledger.move(1, "b"), await ledger.move(1, "a")];
    expect(epochs).to.deep.equal([2, 3, 3, 4]);
  });

  it("does not lose the others' calls to one that is refused", async () => {
    const store = new MemoryStore();
    const ledger = await open(store);
    await ledger.move(1, "b");
    const results = await Promise.allSettled([ledger.lease(0, "a", 1), ledger.lease(1, "a", 1), ledger.lease(2, "a", 1)]);
    expect(results.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
    expect(recorded(store).slice(2)).to.deep.equal([
      { kind: "leased", data: { firstWord: "0", words: 1, epoch: 3, shard: 0, node: "a" } },
      { kind: "leased", data: { firstWord: "1", words: 1, epoch: 4, shard: 2, node: "a" } },
    ]);
  });

  it("records nothing for a first call that is refused", async () => {
    const store = new MemoryStore();
    const ledger = await open(store);
    expect(await thrown(ledger.lease(4, "a", 1))).to.be.instanceOf(ShardUnknown);
    expect(store.events).to.have.length(0);
    await ledger.lease(3, "a", 1);
    expect(recorded(store).map(({ kind }) => kind)).to.deep.equal(["mapped", "leased"]);
  });

  it("makes each change of the map a new version", async () => {
    const store = new MemoryStore();
    const [ledger, other] = [await open(store), await open(store)];
    expect(await ledger.remap(8)).to.deep.equal({ version: 2, shards: 8 });
    expect(await ledger.remap(8)).to.deep.equal({ version: 2, shards: 8 });
    expect(await ledger.remap(2)).to.deep.equal({ version: 3, shards: 2 });
    expect(other.map).to.deep.equal({ version: 1, shards: 4 });
    await other.refresh();
    expect(other.map).to.deep.equal({ version: 3, shards: 2 });
    expect((await open(store)).map).to.deep.equal({ version: 3, shards: 2 });
  });

  it("leases behind a lease whose acknowledgement was lost", async () => {
    const store = new MemoryStore();
    const ledger = await open(store);
    store.hooks.after = () => Promise.reject(new Error("connection reset"));
    expect(await thrown(ledger.lease(0, "a", 2))).to.have.property("message", "connection reset");
    delete store.hooks.after;
    expect(await ledger.lease(0, "a", 1)).to.include({ firstWord: 2n });
  });

  it("reads on from a snapshot and says the same as one that read everything", async () => {
    const store = new MemoryStore();
    const ledger = await open(store, 0n, { eventsBetweenSnapshots: 50 });
    for (let lease = 0; lease < 120; lease++) await ledger.lease(lease % 4, lease % 4 === 3 ? "b" : "a", 1 + (lease % 3));
    await ledger.remap(8);
    await ledger.move(7, "b");
    const read: number[] = [];
    const readFrom = store.read.bind(store);
    store.read = (stream, from) => {
      read.push(from ?? 1);
      return readFrom(stream, from);
    };
    expect((await open(store)).state).to.deep.equal(ledger.state);
    store.loadSnapshot = () => Promise.resolve(undefined);
    expect((await open(store)).state).to.deep.equal(ledger.state);
    expect(read).to.have.length(2);
    expect(read[0]).to.be.above(50);
    expect(read[1]).to.equal(1);
  });

  describe("beside another process that it does not know to have written", () => {
    it("tells nobody of a move or a map that is as it should be by an old state alone", async () => {
      const store = new MemoryStore();
      const [mine, other] = [await open(store), await open(store)];
      await mine.move(0, "a");
      await other.move(0, "b");
      expect(await mine.move(0, "a")).to.equal(4);
      await other.remap(16);
      expect(await mine.remap(4)).to.deep.equal({ version: 3, shards: 4 });
      await other.refresh();
      expect(other.ownerOf(0)).to.include({ node: "a", epoch: 4 });
      expect(other.map).to.deep.equal({ version: 3, shards: 4 });
    });

    it("refuses nobody by an old state", async () => {
      const store = new MemoryStore();
      const [mine, other] = [await open(store), await open(store)];
      await other.remap(16);
      expect(await mine.lease(9, "a", 1)).to.include({ firstWord: 0n });
    });

    it("records nothing of what it refuses, whatever it is decided on first", async () => {
      const store = new MemoryStore();
      const [mine, other] = [await open(store), await open(store)];
      await mine.move(1, "a");
      await other.refresh();
      await other.move(1, "b");
      await other.remap(16);
      const calls = await Promise.allSettled([mine.lease(1, "a", 1_000), mine.move(5, "z"), mine.move(20, "z"), mine.lease(0, "a", 1)]);
      expect(calls.map(({ status }) => status)).to.deep.equal(["rejected", "fulfilled", "rejected", "fulfilled"]);
      expect(recorded(store).slice(-2)).to.deep.equal([
        { kind: "moved", data: { shard: 5, node: "z", epoch: 5 } },
        { kind: "leased", data: { firstWord: "0", words: 1, epoch: 6, shard: 0, node: "a" } },
      ]);
    });

    it("never steps back to an older state, also where a look overtakes its own append", async () => {
      const store = new MemoryStore();
      const [mine, other] = [await open(store), await open(store)];
      await mine.move(0, "a");
      const versions: number[] = [];
      mine.onChange(() => versions.push(mine.state.version));
      store.hooks.after = async () => {
        delete store.hooks.after; // stored, the answer is on its way
        await other.refresh();
        await other.move(0, "b");
        await mine.refresh();
      };
      await mine.lease(2, "a", 1);
      expect(mine.ownerOf(0)).to.include({ node: "b" });
      expect(versions).to.deep.equal(versions.toSorted((a, b) => a - b));
    });
  });

  it("reads the leases of the time before shards", async () => {
    const store = new MemoryStore();
    const event = { kind: "leased", data: { firstWord: "72057594037927000", words: 8, epoch: 1 } };
    await store.append([{ stream: STREAM, expected: 0, events: [event] }]);
    expect(await (await open(store)).lease(0, "a", 1)).to.include({ firstWord: 72057594037927008n });
  });

  it("leases the last words below 2^64 and none beyond", async () => {
    const ledger = await open(new MemoryStore(), 2n ** 56n - 2n);
    await ledger.lease(0, "a", 2);
    expect(await thrown(ledger.lease(0, "a", 1))).to.be.instanceOf(VoucherNumbersExhausted);
  });

  it("stops after a hundred lost rounds", async () => {
    const store = new MemoryStore();
    const ledger = await open(store);
    store.hooks.before = () => Promise.reject(new VersionConflict("always"));
    expect(await thrown(ledger.lease(0, "a", 1))).to.be.instanceOf(VoucherNumbersContended);
  });

  it("refuses words, nodes and shards that are none", async () => {
    const ledger = await open(new MemoryStore());
    for (const words of [0, -1, 1.5, NaN, 65_537]) expect(await thrown(ledger.lease(0, "a", words))).to.be.instanceOf(InvalidReservation);
    for (const node of ["", "a b", "x".repeat(65), "ä"]) expect(await thrown(ledger.move(0, node)), node).to.be.instanceOf(InvalidNodeName);
    for (const shard of [-1, 4, 0.5, NaN]) expect(await thrown(ledger.move(shard, "a"))).to.be.instanceOf(ShardUnknown);
    expect(await thrown(ledger.remap(3))).to.be.instanceOf(InvalidShardCount);
  });

  it("refuses a stream with events that it does not understand", async () => {
    const cases: readonly [string, Json][] = [
      ["painted", { firstWord: "0", words: 1, epoch: 1 }],
      ["leased", { firstWord: 0, words: 1, epoch: 1 }],
      ["leased", { firstWord: "0", words: 0, epoch: 1 }],
      ["leased", null],
      ["mapped", { version: 0, shards: 1 }],
      ["mapped", { version: 1, shards: 3 }],
      ["leased", { firstWord: "0", words: 1, epoch: "x" }],
      ["leased", { firstWord: "0", words: 1, epoch: 1, shard: 0 }],
      ["leased", { firstWord: "0", words: 1, epoch: 1, shard: "0", node: "a" }],
      ["moved", { shard: 1, node: 2, epoch: 1 }],
    ];
    for (const [kind, data] of cases) {
      const store = new MemoryStore();
      await store.append([{ stream: STREAM, expected: 0, events: [{ kind, data }] }]);
      expect(await thrown(open(store)), `${kind} ${JSON.stringify(data)}`).to.be.instanceOf(UnreadableLease);
    }
  });
});
