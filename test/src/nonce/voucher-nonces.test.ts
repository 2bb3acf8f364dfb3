import { expect } from "chai";
import fc from "fast-check";
import {
  InvalidReservation,
  UnreadableLease,
  VoucherNonces,
  VoucherNumbersContended,
  voucherNumbersStream,
  VoucherNumbersExhausted,
} from "../../../src/nonce/index.ts";
import { MemoryStore, VersionConflict } from "./memory-store.ts";

const MINTER = "0x55AC5436e68305A0C54297642163A8FdF23BbA0a";
const STREAM = voucherNumbersStream(31337, MINTER);

const open = (store: MemoryStore, wordsPerLease = 1) => VoucherNonces.open({ store, chainId: 31337, minter: MINTER, wordsPerLease });

const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => BigInt(first + i));

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** The numbers that the leases in the store cover, in the order of the leases. */
function leasedNumbers(store: MemoryStore): bigint[] {
  return store.events.flatMap(({ data }) => {
    const { firstWord, words } = data as { firstWord: string; words: number };
    return from(Number(firstWord) * 256, words * 256);
  });
}

describe("VoucherNonces", () => {
  it("gives dense numbers from 0, across words", async () => {
    const nonces = await open(new MemoryStore());
    expect(await nonces.reserve(200)).to.deep.equal(from(0, 200));
    expect(await nonces.reserve(200)).to.deep.equal(from(200, 200));
    expect(await nonces.reserve(1000)).to.deep.equal(from(400, 1000));
  });

  it("leases in its contract's stream, whole words, with the version as epoch", async () => {
    const store = new MemoryStore();
    await (await open(store, 4)).reserve(1);
    expect(store.events.map(({ stream, kind, data }) => ({ stream, kind, data }))).to.deep.equal([
      { stream: "voucher-numbers/31337/" + MINTER.toLowerCase(), kind: "leased", data: { firstWord: "0", words: 4, epoch: 1 } },
    ]);
  });

  it("leases nothing by being opened", async () => {
    const store = new MemoryStore();
    await open(store);
    expect(store.events).to.have.length(0);
  });

  it("has the lease on disk before it gives out the first number", async () => {
    const store = new MemoryStore();
    let durable = false;
    store.hooks.after = async () => {
      await settle();
      durable = true;
    };
    await (await open(store)).reserve(1);
    expect(durable).to.equal(true);
  });

  it("fetches the next lease before the present one ends, so that nobody waits for it", async () => {
    const store = new MemoryStore();
    const nonces = await open(store, 2);
    await nonces.reserve(256); // half of it is left: not yet
    await settle();
    expect(store.events).to.have.length(1);
    await nonces.reserve(1);
    await settle();
    expect(store.events).to.have.length(2);
    store.hooks.before = () => new Promise(() => undefined); // a store that never answers again
    expect(await nonces.reserve(767)).to.deep.equal(from(257, 767));
  });

  it("serves concurrent calls in order, each number once", async () => {
    const nonces = await open(new MemoryStore());
    const reserved = await Promise.all([10, 300, 1, 256, 7].map((count) => nonces.reserve(count)));
    expect(reserved.flat()).to.deep.equal(from(0, 574));
    expect(reserved.map(({ length }) => length)).to.deep.equal([10, 300, 1, 256, 7]);
  });

  it("skips the rest of the leased words when it is opened again", async () => {
    const store = new MemoryStore();
    await (await open(store, 2)).reserve(3);
    expect(await (await open(store, 2)).reserve(2)).to.deep.equal(from(512, 2));
  });

  it("leases behind another process that was faster", async () => {
    const store = new MemoryStore();
    const [first, second] = [await open(store), await open(store)];
    const numbers = (await Promise.all([first.reserve(100), second.reserve(100)])).flat();
    expect(new Set(numbers).size).to.equal(200);
    expect(store.events.map(({ version }) => version)).to.deep.equal(store.events.map((_, i) => i + 1));
  });

  it("does not reuse the words of a lease whose acknowledgement was lost", async () => {
    const store = new MemoryStore();
    const nonces = await open(store);
    store.hooks.after = () => Promise.reject(new Error("connection reset"));
    const failure: unknown = await nonces.reserve(5).catch((error: unknown) => error);
    expect(failure).to.have.property("message", "connection reset");
    delete store.hooks.after;
    expect(await nonces.reserve(5)).to.deep.equal(from(256, 5));
  });

  it("goes on after a failed reservation, which took nothing", async () => {
    const store = new MemoryStore();
    const nonces = await open(store);
    let failures = 1;
    store.hooks.before = () => (failures-- > 0 ? Promise.reject(new Error("disk full")) : Promise.resolve());
    const [failed, next] = await Promise.allSettled([nonces.reserve(5), nonces.reserve(5)]);
    expect(failed.status).to.equal("rejected");
    expect(next).to.have.deep.property("value", from(0, 5));
  });

  it("stops after a hundred lost rounds", async () => {
    const store = new MemoryStore();
    const nonces = await open(store);
    store.hooks.before = () => Promise.reject(new VersionConflict("always"));
    expect(await nonces.reserve(1).catch((error: unknown) => error)).to.be.instanceOf(VoucherNumbersContended);
  });

  it("gives out the last number below 2^64 and none beyond", async () => {
    const store = new MemoryStore();
    const data = { firstWord: (2n ** 56n - 3n).toString(), words: 2, epoch: 1 };
    await store.append([{ stream: STREAM, expected: 0, events: [{ kind: "leased", data }] }]);
    const nonces = await open(store);
    const last = await nonces.reserve(256);
    expect(last.at(-1)).to.equal(2n ** 64n - 1n);
    expect(await nonces.reserve(1).catch((error: unknown) => error)).to.be.instanceOf(VoucherNumbersExhausted);
  });

  it("refuses counts and leases that are none", async () => {
    const nonces = await open(new MemoryStore());
    for (const count of [0, -1, 1.5, NaN, 65_537]) {
      expect(await nonces.reserve(count).catch((error: unknown) => error)).to.be.instanceOf(InvalidReservation);
    }
    expect(await open(new MemoryStore(), 0).catch((error: unknown) => error)).to.be.instanceOf(InvalidReservation);
  });

  it("refuses a stream with events that it does not understand", async () => {
    for (const [kind, data] of [
      ["moved", { firstWord: "0", words: 1, epoch: 1 }],
      ["leased", { firstWord: 0, words: 1, epoch: 1 }],
      ["leased", { firstWord: "0", words: 0, epoch: 1 }],
      ["leased", null],
    ] as const) {
      const store = new MemoryStore();
      await store.append([{ stream: STREAM, expected: 0, events: [{ kind, data }] }]);
      expect(await open(store).catch((error: unknown) => error)).to.be.instanceOf(UnreadableLease);
    }
  });
});

describe("VoucherNonces over crashes, races and lost acknowledgements", () => {
  type Step = { readonly process: 0 | 1 | 2 } & ({ readonly does: "reserve"; readonly count: number } | { readonly does: "crash" });

  const process = fc.constantFrom(0, 1, 2);
  const reserve = fc.record({ does: fc.constant("reserve"), process, count: fc.integer({ min: 1, max: 600 }) });
  const crash = fc.record({ does: fc.constant("crash"), process });
  const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof({ weight: 4, arbitrary: reserve }, { weight: 1, arbitrary: crash }), {
    maxLength: 25,
  });
  const fates = fc.infiniteStream(fc.constantFrom("well", "well", "well", "not stored", "not acknowledged"));

  it("never gives a number twice, and none that is not leased for ever", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fates, fc.integer({ min: 1, max: 3 }), fc.scheduler(), async (plan, fate, words, schedule) => {
        const store = new MemoryStore();
        store.hooks.before = async () => {
          await schedule.schedule(Promise.resolve());
          if (fate.next().value === "not stored") throw new Error("not stored");
        };
        store.hooks.after = async () => {
          await schedule.schedule(Promise.resolve());
          if (fate.next().value === "not acknowledged") throw new Error("not acknowledged");
        };
        const given = await schedule.waitFor(play(store, plan, words, schedule));
        expect(new Set(given).size, "each number once").to.equal(given.length);
        const leased = leasedNumbers(store);
        expect(leased, "leases follow each other without hole or overlap").to.deep.equal(from(0, leased.length));
      }),
      { numRuns: 200 },
    );
  });

  /** Three processes on one store; a crashed one's requests in flight go on, as those of a killed client may. */
  async function play(store: MemoryStore, plan: readonly Step[], words: number, schedule: fc.Scheduler): Promise<bigint[]> {
    const given: bigint[] = [];
    const pending: Promise<unknown>[] = [];
    const processes = [await open(store, words), await open(store, words), await open(store, words)];
    const reserveIn = async (nonces: VoucherNonces | undefined, count: number) => {
      const numbers = (await nonces?.reserve(count)) ?? [];
      const covered = new Set(leasedNumbers(store));
      expect(numbers).to.have.length(count);
      expect(numbers.every((number) => covered.has(number))).to.equal(true);
      given.push(...numbers);
    };
    for (const step of plan) {
      await schedule.schedule(Promise.resolve());
      if (step.does === "crash") processes[step.process] = await open(store, words);
      else pending.push(reserveIn(processes[step.process], step.count).catch(mustBeInjected));
    }
    await Promise.all(pending);
    return given;
  }

  function mustBeInjected(error: unknown): void {
    expect(String(error)).to.match(/^Error: not (stored|acknowledged)$/);
  }
});
