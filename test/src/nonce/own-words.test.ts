import { expect } from "chai";
import { drawnSlice, NumberLedger, OwnWords, voucherNumbersStream } from "../../../src/nonce/index.ts";
import { MemoryStore } from "./memory-store.ts";

const MINTER = "0x55AC5436e68305A0C54297642163A8FdF23BbA0a";
const slice = drawnSlice(0.5);
const perSlice = 2n ** 36n;

const ledgerOf = (store: MemoryStore) => NumberLedger.open({ store, chainId: 31337, minter: MINTER, firstWord: slice });
const read = (store: MemoryStore) => OwnWords.read(store, 31337, MINTER);

describe("A store's own words", () => {
  it("are those that it leased and all that it may lease later, and none of another slice", async () => {
    const store = new MemoryStore();
    const { firstWord } = await (await ledgerOf(store)).lease(3, "local", 2);
    const own = await read(store);
    for (const word of [firstWord, firstWord + 1n, firstWord + 2n, slice + perSlice - 1n]) expect(own.has(word), `${word}`).to.equal(true);
    for (const word of [0n, slice - 1n, slice + perSlice]) expect(own.has(word), `${word}`).to.equal(false);
  });

  it("are not those that were leased apart, between its own", async () => {
    const store = new MemoryStore();
    const ledger = await ledgerOf(store);
    await ledger.leaseApart("partner", 2);
    await ledger.lease(0, "local", 1);
    await ledger.leaseApart("shop", 1);
    const own = await read(store);
    expect([0n, 1n, 2n, 3n, 4n].map((offset) => own.has(slice + offset))).to.deep.equal([false, false, true, false, true]);
  });

  it("are those of the time before shards, too", async () => {
    const store = new MemoryStore();
    const data = { firstWord: slice.toString(), words: 8, epoch: 1 };
    await store.append([{ stream: voucherNumbersStream(31337, MINTER), expected: 0, events: [{ kind: "leased", data }] }]);
    expect((await read(store)).has(slice)).to.equal(true);
  });

  it("are none where nothing was leased", async () => {
    expect((await read(new MemoryStore())).has(slice)).to.equal(false);
  });
});
