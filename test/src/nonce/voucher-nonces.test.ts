import { expect } from "chai";
import {
  InvalidReservation,
  isDrift,
  NumberLedger,
  type Rerouting,
  routeOf,
  RoutingDrift,
  ShardElsewhere,
  ShardKeeper,
  shardOf,
  VoucherNonces,
} from "../../../src/nonce/index.ts";
import { ConflictPath } from "../../../src/order/index.ts";
import { MemoryStore } from "./memory-store.ts";

const MINTER = "0x55AC5436e68305A0C54297642163A8FdF23BbA0a";
const place = { chainId: 31337, minter: MINTER };

const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => BigInt(first + i));

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function thrown(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The road of conflicts as the service has it, without its pauses. */
const rerouting = (ledger: NumberLedger): Rerouting =>
  new ConflictPath({
    isConflict: isDrift,
    pause: () => Promise.resolve(),
    random: () => 0,
    now: () => 0,
    shardMap: () => ledger.map,
  });

/** One node with one shard, so that numbers are easily foretold. */
const open = (store: MemoryStore, more: { shards?: number; nodes?: readonly [string, ...string[]]; least?: number } = {}) =>
  VoucherNonces.open({
    ...{ store, ...place, rerouting, now: () => 0, shards: more.shards ?? 1 },
    blocks: { least: more.least ?? 1, most: 64, targetMs: 1_000 },
    ...(more.nodes && { nodes: more.nodes }),
  });

const leases = (store: MemoryStore) => store.events.filter(({ kind }) => kind === "leased");

/** A user who is in this shard of so many. */
function userIn(shard: number, shards: number): string {
  for (let i = 0; ; i++) if (shardOf(`user-${i}`, shards) === shard) return `user-${i}`;
}

describe("VoucherNonces", () => {
  it("give dense numbers from 0", async () => {
    const nonces = await open(new MemoryStore());
    expect(await nonces.reserve(200)).to.deep.equal(from(0, 200));
    expect(await nonces.reserve(56)).to.deep.equal(from(200, 56));
    expect(await nonces.reserve(1)).to.deep.equal(from(256, 1));
  });

  it("put a reservation into the fewest words and leave the rest of a word to nobody", async () => {
    const nonces = await open(new MemoryStore());
    await nonces.reserve(200);
    expect(await nonces.reserve(57)).to.deep.equal(from(256, 57));
    expect(await nonces.reserve(600), "three words either way").to.deep.equal(from(313, 600));
  });

  it("lease nothing by being opened", async () => {
    const store = new MemoryStore();
    await open(store);
    expect(store.events).to.have.length(0);
  });

  it("have the lease on disk before the first number is given out", async () => {
    const store = new MemoryStore();
    let durable = false;
    store.hooks.after = async () => {
      await settle();
      durable = true;
    };
    await (await open(store)).reserve(1);
    expect(durable).to.equal(true);
  });

  it("fetch the next block before the present one ends, so that nobody waits for it", async () => {
    const store = new MemoryStore();
    const nonces = await open(store, { least: 2 });
    await nonces.reserve(256); // half of it is left: not yet
    await settle();
    expect(leases(store)).to.have.length(1);
    await nonces.reserve(1);
    await settle();
    expect(leases(store)).to.have.length(2);
    store.hooks.before = () => new Promise(() => undefined); // a store that never answers again
    expect(await nonces.reserve(255)).to.deep.equal(from(257, 255));
    expect(await nonces.reserve(256)).to.deep.equal(from(512, 256));
  });

  it("lease larger blocks the faster they are used up", async () => {
    const store = new MemoryStore();
    const nonces = await open(store);
    for (let i = 0; i < 40; i++) await nonces.reserve(256);
    const words = leases(store).map(({ data }) => (data as { words: number }).words);
    expect(words.slice(0, 3)).to.deep.equal([1, 8, 64]);
  });

  it("serve concurrent calls in order, each number once", async () => {
    const nonces = await open(new MemoryStore());
    const counts = [10, 300, 1, 256, 7];
    const reserved = await Promise.all(counts.map((count) => nonces.reserve(count)));
    expect(reserved.map(({ length }) => length)).to.deep.equal(counts);
    const numbers = reserved.flat();
    expect(numbers).to.deep.equal(numbers.toSorted((a, b) => Number(a - b)));
    expect(new Set(numbers).size).to.equal(574);
  });

  it("skip the rest of the leased words when they are opened again", async () => {
    const store = new MemoryStore();
    await (await open(store, { least: 2 })).reserve(3);
    expect(await (await open(store, { least: 2 })).reserve(2)).to.deep.equal(from(512, 2));
  });

  it("go on after a failed reservation, which took nothing", async () => {
    const store = new MemoryStore();
    const nonces = await open(store);
    let failures = 1;
    store.hooks.before = () => (failures-- > 0 ? Promise.reject(new Error("disk full")) : Promise.resolve());
    const first = await thrown(nonces.reserve(5));
    expect(first).to.have.property("message", "disk full");
    expect(await nonces.reserve(5)).to.deep.equal(from(0, 5));
    expect(nonces.counts).to.deep.equal({ reservations: 1, numbers: 5, drifted: 0 });
  });

  it("do not reuse the words of a lease whose acknowledgement was lost", async () => {
    const store = new MemoryStore();
    const nonces = await open(store);
    store.hooks.after = () => Promise.reject(new Error("connection reset"));
    expect(await thrown(nonces.reserve(5))).to.have.property("message", "connection reset");
    delete store.hooks.after;
    expect(await nonces.reserve(5)).to.deep.equal(from(256, 5));
  });

  it("give each shard words of its own, and a user always the same shard's", async () => {
    const nonces = await open(new MemoryStore(), { shards: 4 });
    const [anna, bert] = [userIn(0, 4), userIn(3, 4)];
    const words = [];
    for (const user of [anna, bert, anna, bert]) words.push(Number(((await nonces.reserve(3, user))[0] ?? 0n) / 256n));
    expect(words[0]).to.equal(words[2]);
    expect(words[1]).to.equal(words[3]);
    expect(words[0]).not.to.equal(words[1]);
  });

  it("let no small reservation overtake a large one that waits", async () => {
    const store = new MemoryStore();
    const nonces = await open(store);
    await nonces.reserve(250);
    const [large, small] = await Promise.all([nonces.reserve(300), nonces.reserve(1)]);
    expect((small[0] ?? 0n) > (large.at(-1) ?? 0n), "6 numbers were left of the first word").to.equal(true);
  });

  it("give very large reservations between other work, not all at once", async () => {
    const nonces = await open(new MemoryStore());
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const reserved = await Promise.all(Array.from({ length: 10 }, () => nonces.reserve(65_536)));
    counting = false;
    expect(new Set(reserved.flat()).size).to.equal(655_360);
    expect(turns).to.be.at.least(10);
  });

  it("leave free shards to the nodes in turn", async () => {
    const nonces = await open(new MemoryStore(), { shards: 4, nodes: ["a", "b"] });
    for (const shard of [0, 1, 2, 3]) await nonces.reserve(1, userIn(shard, 4));
    expect([0, 1, 2, 3].map((shard) => nonces.ledger.ownerOf(shard)?.node)).to.deep.equal(["a", "b", "a", "b"]);
  });

  it("refuse a node whose name cannot be recorded before anything is reserved", async () => {
    expect(await thrown(open(new MemoryStore(), { nodes: ["a b"] }))).to.have.property("code", "INVALID_NODE_NAME");
  });

  it("refuse counts that are none", async () => {
    const nonces = await open(new MemoryStore());
    for (const count of [0, -1, 1.5, NaN, 65_537]) expect(await thrown(nonces.reserve(count))).to.be.instanceOf(InvalidReservation);
  });

  describe("with shards that move and maps that change", () => {
    it("follow a shard to the node that has it now", async () => {
      const store = new MemoryStore();
      const nonces = await open(store, { nodes: ["a", "b"] });
      const before = await nonces.reserve(3);
      await nonces.ledger.move(0, "b");
      const after = await nonces.reserve(3);
      await nonces.ledger.move(0, "a");
      const back = await nonces.reserve(3);
      expect([before, after, back].flat()).to.deep.equal([...from(0, 3), ...from(256, 3), ...from(512, 3)]);
      expect(leases(store).map(({ data }) => (data as { node: string }).node)).to.deep.equal(["a", "b", "a"]);
    });

    it("route a caller with an old map again, without the caller's notice", async () => {
      const nonces = await open(new MemoryStore(), { shards: 2 });
      const user = userIn(3, 4); // in shard 1 of 2
      const old = routeOf(user, nonces.ledger.map);
      await nonces.ledger.remap(4);
      expect(await nonces.reserveBy(old, 2)).to.have.length(2);
      expect(nonces.counts.drifted).to.equal(1);
      expect(nonces.ledger.ownerOf(3)).not.to.equal(undefined);
      expect(nonces.ledger.ownerOf(1), "nothing was leased for the shard of the old map").to.equal(undefined);
    });

    it("learn the newer map of a caller who is ahead", async () => {
      const store = new MemoryStore();
      const [here, other] = [await open(store, { shards: 2 }), await open(store, { shards: 2 })];
      const map = await other.ledger.remap(4);
      const user = userIn(3, 4); // in shard 1 of 2
      expect(await here.reserveBy(routeOf(user, map), 1)).to.have.length(1);
      expect(here.ledger.map).to.deep.equal(map);
      expect(here.ledger.ownerOf(3)).not.to.equal(undefined);
      expect(here.ledger.ownerOf(1)).to.equal(undefined);
    });

    it("serve everybody while map and owners change all the time", async () => {
      const store = new MemoryStore();
      const nonces = await open(store, { shards: 4, nodes: ["a", "b"] });
      let changing = true;
      const changes = async (): Promise<void> => {
        for (let i = 0; changing; i++) {
          await nonces.ledger.remap(i % 2 === 0 ? 8 : 4);
          await nonces.ledger.move(i % 4, i % 3 === 0 ? "a" : "b");
          await settle();
        }
      };
      const changed = changes();
      const given: bigint[] = [];
      for (let round = 0; round < 50; round++) {
        const asked = Array.from({ length: 20 }, (_, i) => nonces.reserve(1 + (i % 3), `user-${i}`));
        given.push(...(await Promise.all(asked)).flat());
      }
      changing = false;
      await changed;
      expect(new Set(given).size).to.equal(given.length);
      expect(nonces.counts.drifted).to.be.above(0);
    });

    it("route again what waited for a lease while the map changed", async () => {
      const store = new MemoryStore();
      const nonces = await open(store, { shards: 4 });
      const user = userIn(3, 4); // in shard 1 of 2
      const [waiting] = await Promise.all([nonces.reserve(2, user), nonces.ledger.remap(2)]);
      expect(waiting).to.have.length(2);
      expect(nonces.ledger.ownerOf(1)).not.to.equal(undefined);
    });

    it("say where a shard is that is kept by another process", async () => {
      const store = new MemoryStore();
      const [here, there] = [await open(store, { nodes: ["a"] }), await open(store, { nodes: ["b"] })];
      await there.reserve(1);
      const refusal = await thrown(here.reserve(1));
      expect(refusal).to.be.instanceOf(ShardElsewhere).and.to.include({ node: "b", shard: 0 });
    });
  });
});

describe("A keeper of shards", () => {
  const keeperOf = (ledger: NumberLedger) =>
    new ShardKeeper({ ledger, node: "a", now: () => 0, limits: { least: 2, most: 2, targetMs: 1_000 } });

  const ledgerOf = (store: MemoryStore, shards = 1) => NumberLedger.open({ store, ...place, shards });

  it("drops its block when the shard went away and came back in one look", async () => {
    const store = new MemoryStore();
    const [mine, other] = [await ledgerOf(store), await ledgerOf(store)];
    const keeper = keeperOf(mine);
    const route = routeOf("", mine.map);
    expect(await keeper.reserve(1, route)).to.deep.equal([0n]);
    await other.move(0, "b");
    const { firstWord } = await other.lease(0, "b", 1);
    await other.move(0, "a");
    await mine.refresh();
    const [number = 0n] = await keeper.reserve(1, route);
    expect(number / 256n > firstWord).to.equal(true);
  });

  it("does not use a lease that was under way while the shard went away and came back", async () => {
    const store = new MemoryStore();
    const mine = await ledgerOf(store);
    const keeper = keeperOf(mine);
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    store.hooks.before = () => released;
    const together = [mine.move(0, "a")]; // holds up the store, so that what follows shares the next append
    await settle();
    const reserved = keeper.reserve(1, routeOf("", mine.map));
    await settle();
    together.push(mine.move(0, "b"), mine.move(0, "a"));
    release(undefined);
    await Promise.all(together);
    const [number = 0n] = await reserved;
    const [before] = leases(store);
    expect((before?.data as { firstWord: string }).firstWord).to.equal("0");
    expect(number / 256n >= 2n).to.equal(true);
  });

  it("refuses a route by another map, and a shard that another node has", async () => {
    const store = new MemoryStore();
    const ledger = await ledgerOf(store, 2);
    const keeper = keeperOf(ledger);
    const route = routeOf("", ledger.map);
    expect(await thrown(keeper.reserve(1, { ...route, mapVersion: 7 }))).to.be.instanceOf(RoutingDrift);
    expect(await thrown(keeper.reserve(1, { ...route, shard: 1 - route.shard }))).to.be.instanceOf(RoutingDrift);
    await ledger.move(route.shard, "b");
    expect(await thrown(keeper.reserve(1, route))).to.be.instanceOf(ShardElsewhere);
    expect(leases(store)).to.have.length(0);
  });

  it("begins anew with its places when they are used up, and repeats no number", async () => {
    const ledger = await ledgerOf(new MemoryStore(), 2);
    const limits = { least: 2, most: 2, targetMs: 1_000 };
    const keeper = new ShardKeeper({ ledger, node: "a", now: () => 0, limits, mostPlaces: 2_048 });
    const given: bigint[] = [];
    for (let i = 0; i < 200; i++) {
      const users = [userIn(0, 2), userIn(1, 2)].map((user) => keeper.reserve(1 + (i % 90), routeOf(user, ledger.map)));
      given.push(...(await Promise.all(users)).flat());
    }
    expect(given.length).to.be.above(4 * 2_048);
    expect(new Set(given).size).to.equal(given.length);
    expect(keeper.counted().every((places) => places <= 2_048)).to.equal(true);
  });

  it("skips what it had for a shard that a smaller map does not have", async () => {
    const store = new MemoryStore();
    const ledger = await ledgerOf(store, 2);
    const keeper = keeperOf(ledger);
    const user = userIn(1, 2);
    const [before = 0n] = await keeper.reserve(1, routeOf(user, ledger.map));
    await ledger.remap(1);
    await ledger.remap(4);
    await ledger.remap(2);
    const [after = 0n] = await keeper.reserve(1, routeOf(user, ledger.map));
    expect(after / 256n).not.to.equal(before / 256n);
    expect(keeper.counted().length).to.equal(4);
  });
});
