import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import fc from "fast-check";
import { CounterOverflow, InvalidCount, InvalidShardCount, MAX_COUNT, ShardedCounter } from "../../../src/nonce/index.ts";

const NO_LIMIT = MAX_COUNT;

describe("ShardedCounter", () => {
  it("counts each shard by itself, from 0", () => {
    const counter = new ShardedCounter({ shards: 4 });
    expect([counter.next(1), counter.next(1), counter.next(3), counter.next(1)]).to.deep.equal([0, 1, 0, 2]);
    expect(counter.nextBlock(3, 10)).to.equal(1);
    expect(counter.snapshot()).to.deep.equal([0, 3, 0, 11]);
  });

  it("has 32 shards, each on 128 bytes of its own", () => {
    const counter = new ShardedCounter();
    counter.next(31);
    expect(counter.shards).to.equal(32);
    expect(counter.memory.byteLength).to.equal(32 * 128);
    const cells = new Int32Array(counter.memory);
    expect([...cells].map((value, i) => (value === 0 ? -1 : i)).filter((i) => i >= 0)).to.deep.equal([31 * 32]);
  });

  it("gives every value to one caller, however many threads take them", async () => {
    const counter = new ShardedCounter({ shards: 4 });
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const threads = Array.from({ length: 4 }, () => {
      const workerData = { memory: counter.memory, rounds: 20_000, gate };
      return new Worker(new URL("./counting-thread.ts", import.meta.url), { workerData, execArgv: [] });
    });
    await Promise.all(threads.map((thread) => once(thread, "message")));
    const answers = threads.map((thread) => once(thread, "message"));
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    // Looks while they count: no shard ever steps back, and nothing waits for the look.
    let before = counter.snapshot();
    for (let look = 0; look < 1_000; look++) {
      const now = counter.snapshot();
      expect(now.every((value, shard) => value >= (before[shard] ?? 0))).to.equal(true);
      before = now;
    }
    const taken = (await Promise.all(answers)).flatMap(([values]) => values as [number, number][]);
    const names = new Set(taken.map(([shard, value]) => value * 4 + shard));
    expect(names.size)
      .to.equal(taken.length)
      .and.to.be.above(4 * 20_000 * 4);
    const ends = counter.snapshot();
    expect(taken.every(([shard, value]) => value < (ends[shard] ?? 0))).to.equal(true);
  });

  it("refuses to count beyond 2^31 - 1, and goes on refusing", () => {
    const counter = new ShardedCounter({ shards: 1 });
    counter.skipTo(0, MAX_COUNT - 2);
    expect(() => counter.nextBlock(0, 4))
      .to.throw(CounterOverflow)
      .with.property("code", "COUNTER_OVERFLOW");
    expect(() => counter.next(0)).to.throw(CounterOverflow); // what was refused is not given back
    const other = new ShardedCounter({ shards: 1 });
    other.skipTo(0, MAX_COUNT - 2);
    expect(other.nextBlock(0, 3)).to.equal(MAX_COUNT - 2);
    for (let i = 0; i < 3; i++) expect(() => other.next(0)).to.throw(CounterOverflow);
  });

  it("gives nothing of a shard that overflowed, in whatever way it is asked", () => {
    const counter = new ShardedCounter({ shards: 1 });
    counter.skipTo(0, MAX_COUNT - 2);
    expect(() => counter.nextBlock(0, 10)).to.throw(CounterOverflow);
    counter.skipTo(0, 5);
    expect(() => counter.next(0)).to.throw(CounterOverflow);
    expect(() => counter.nextBlockBelow(10, 0, 1, 256)).to.throw(CounterOverflow);
    const other = new ShardedCounter({ shards: 1 });
    other.skipTo(0, MAX_COUNT - 2);
    expect(() => other.nextBlockBelow(2 ** 40, 0, 10, 1)).to.throw(CounterOverflow);
    for (const beyond of [-1, 2 ** 31, NaN])
      expect(() => {
        other.skipTo(0, beyond);
      }).to.throw(CounterOverflow);
    expect(other.valueOf(0)).to.equal(MAX_COUNT - 2);
  });

  it("takes nothing above a limit", () => {
    const counter = new ShardedCounter({ shards: 1 });
    expect(counter.nextBlockBelow(10, 0, 10, 1)).to.equal(0);
    expect(counter.nextBlockBelow(10, 0, 1, 1)).to.equal(undefined);
    expect(counter.valueOf(0)).to.equal(10);
    expect(counter.nextBlockBelow(11, 0, 1, 1)).to.equal(10);
  });

  it("places a block in the fewest words, as low as that goes", () => {
    const counts = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 30 });
    const wordsOf = (first: number, count: number) => Math.floor((first + count - 1) / 256) - Math.floor(first / 256) + 1;
    fc.assert(
      fc.property(counts, (asked) => {
        const counter = new ShardedCounter({ shards: 1 });
        let next = 0;
        for (const count of asked) {
          const first = counter.nextBlockBelow(NO_LIMIT, 0, count, 256) ?? NaN;
          const fewest = Math.ceil(count / 256);
          expect(wordsOf(first, count)).to.equal(fewest);
          const lowest = wordsOf(next, count) === fewest ? next : Math.ceil(next / 256) * 256;
          expect(first).to.equal(lowest);
          next = first + count;
        }
      }),
    );
  });

  it("skips forward and never back", () => {
    const counter = new ShardedCounter({ shards: 1 });
    counter.skipTo(0, 5);
    counter.skipTo(0, 3);
    expect(counter.next(0)).to.equal(5);
  });

  it("refuses shards, counts and memory that are none", () => {
    for (const shards of [0, 3, -2, 1.5, 131_072]) expect(() => new ShardedCounter({ shards })).to.throw(InvalidShardCount);
    expect(() => new ShardedCounter({ memory: new SharedArrayBuffer(100) })).to.throw(InvalidCount);
    expect(() => new ShardedCounter({ memory: new SharedArrayBuffer(3 * 128) })).to.throw(InvalidShardCount);
    const counter = new ShardedCounter({ shards: 2 });
    for (const shard of [-1, 2, 0.5, NaN]) expect(() => counter.next(shard), String(shard)).to.throw(InvalidCount);
    for (const count of [0, -1, 1.5, NaN, 2 ** 20 + 1]) expect(() => counter.nextBlock(0, count), String(count)).to.throw(InvalidCount);
    expect(counter.snapshot()).to.deep.equal([0, 0]);
  });
});
