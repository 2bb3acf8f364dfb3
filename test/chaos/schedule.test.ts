import { expect } from "chai";
import fc from "fast-check";
import { faultKinds } from "./faults/index.ts";
import { explain, faultNames, type Schedule, scheduleOf } from "./schedule.ts";

const seeds = fc.integer({ min: 1, max: 2 ** 31 });
const faults = fc.option(fc.constantFrom(...faultNames), { nil: undefined });
const options = fc.record({ seed: seeds, fault: faults, orders: fc.integer({ min: 1, max: 60 }), users: fc.integer({ min: 1, max: 9 }) });
const of = ({ fault, ...rest }: { seed: number; fault: string | undefined; orders: number; users: number }): Schedule =>
  scheduleOf({ ...rest, ...(fault === undefined ? {} : { fault }) });
const plain = ({ entries, sendings, blocks }: Schedule) => ({
  blocks,
  sendings,
  entries: entries.map(({ at, fault, drawn }) => ({ at, fault, blocks: drawn.blocks, words: drawn.words })),
});

describe("chaos: a schedule", () => {
  it("follows from its seed alone", () => {
    fc.assert(
      fc.property(options, (one) => {
        expect(plain(of(one))).to.deep.equal(plain(of(one)));
        expect(explain(of(one))).to.deep.equal(explain(of(one)));
      }),
    );
  });

  it("differs from seed to seed", () => {
    const words = [1, 2, 3, 4, 5, 6].map((seed) => explain(scheduleOf({ seed, orders: 10, users: 2 })).join("\n"));
    expect(new Set(words)).to.have.lengthOf(words.length);
  });

  it("has every order once, those of a user in their order, and ends every fault", () => {
    fc.assert(
      fc.property(options, (one) => {
        const { sendings, entries, blocks } = of(one);
        const sent = sendings.flatMap(({ orders }) => orders);
        expect(new Set(sent.map(({ key }) => key)).size).to.equal(one.orders);
        expect(sendings.map(({ at }) => at)).to.deep.equal(sendings.map(({ at }) => at).sort((a, b) => a - b));
        for (const [user, own] of Map.groupBy(sent, (order) => order.user)) {
          expect(own.map(({ key }) => key)).to.deep.equal(own.map((_, i) => `user-${user}/order-${i + 1}`));
        }
        for (const { at, drawn } of entries) expect(at + drawn.blocks).to.be.at.most(blocks);
        for (const { at } of sendings) expect(at).to.be.at.most(blocks);
      }),
    );
  });

  it("never has two faults at once that want the same for themselves", () => {
    const resources = new Map(faultKinds.map(({ name, resource }) => [name, resource ?? name]));
    fc.assert(
      fc.property(options, (one) => {
        for (const [, own] of Map.groupBy(of(one).entries, ({ fault }) => resources.get(fault))) {
          own.sort((a, b) => a.at - b.at);
          for (const [i, { at, drawn }] of own.entries()) expect(own[i + 1]?.at ?? Infinity).to.be.greaterThan(at + drawn.blocks);
        }
      }),
    );
  });

  it("has each kind of fault in some seed", () => {
    const seen = new Set(
      Array.from({ length: 40 }, (_, i) => scheduleOf({ seed: i + 1, orders: 1, users: 1 }).entries).flatMap((entries) =>
        entries.map(({ fault }) => fault),
      ),
    );
    expect([...seen].sort()).to.deep.equal([...faultNames].sort());
  });

  it("says which faults there are where one is asked for that is not", () => {
    expect(() => scheduleOf({ seed: 1, fault: "flood", orders: 1, users: 1 })).to.throw(
      RangeError,
      /no such fault: flood; there are reject, /,
    );
  });
});
