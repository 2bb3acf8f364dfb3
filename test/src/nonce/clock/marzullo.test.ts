import { expect } from "chai";
import fc from "fast-check";
import { type Interval, marzullo } from "../../../../src/nonce/index.ts";

const interval = fc
  .tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 15 }))
  .map(([low, width]): Interval => ({ low, high: low + width }));

/** How many of the intervals admit the value. */
const admitting = (intervals: readonly Interval[], value: number): number =>
  intervals.filter(({ low, high }) => low <= value && value <= high).length;

describe("Marzullo's algorithm", () => {
  it("gives what all sources admit where they agree", () => {
    const agreed = marzullo([
      { low: 8, high: 12 },
      { low: 11, high: 13 },
      { low: 10, high: 12 },
    ]);
    expect(agreed).to.deep.equal({ low: 11, high: 12, agreeing: 3 });
  });

  it("leaves out the source that contradicts the majority", () => {
    const agreed = marzullo([
      { low: 8, high: 12 },
      { low: 11, high: 13 },
      { low: 14, high: 15 },
    ]);
    expect(agreed).to.deep.equal({ low: 11, high: 12, agreeing: 2 });
  });

  it("chooses none of several stretches that equally many admit: it spans them", () => {
    const agreed = marzullo([
      { low: 0, high: 1 },
      { low: 5, high: 6 },
    ]);
    expect(agreed).to.deep.equal({ low: 0, high: 6, agreeing: 1 });
  });

  it("takes intervals that touch in one point to agree on it", () => {
    const agreed = marzullo([
      { low: 0, high: 5 },
      { low: 5, high: 9 },
    ]);
    expect(agreed).to.deep.equal({ low: 5, high: 5, agreeing: 2 });
  });

  it("of nothing says nothing", () => {
    expect(marzullo([])).to.equal(undefined);
  });

  it("gives ends that the largest number of sources admits, and beyond which no value is admitted by as many", () => {
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 12 }), (intervals) => {
        const agreed = marzullo(intervals) ?? { low: Number.NaN, high: Number.NaN, agreeing: 0 };
        const values = Array.from({ length: 2 * 60 + 1 }, (_, i) => i / 2 - 25);
        const most = Math.max(...values.map((value) => admitting(intervals, value)));
        expect(agreed.agreeing).to.equal(most);
        expect(admitting(intervals, agreed.low)).to.equal(most);
        expect(admitting(intervals, agreed.high)).to.equal(most);
        const outside = values.filter((value) => value < agreed.low || value > agreed.high);
        for (const value of outside) expect(admitting(intervals, value)).to.be.below(most);
      }),
    );
  });

  it("does not care about the order of the sources", () => {
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 8 }), (intervals) => {
        expect(marzullo(intervals.toReversed())).to.deep.equal(marzullo(intervals));
      }),
    );
  });

  it("with a quorum gives all that so many admit, also where a wrong source would narrow it to a sliver", () => {
    const two = [
      { low: -80, high: 80 },
      { low: -90, high: 70 },
    ];
    const sliver = { low: -900, high: -70 };
    expect(marzullo([...two, sliver])).to.deep.equal({ low: -80, high: -70, agreeing: 3 });
    expect(marzullo([...two, sliver], 2)).to.deep.equal({ low: -90, high: 70, agreeing: 3 });
    expect(marzullo([{ low: 0, high: 1 }, sliver], 2)).to.equal(undefined);
  });

  it("with a quorum of more than half holds the truth whenever so many sources do, whatever the others say", () => {
    const around = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }));
    const honest = fc.array(around, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 5 }), honest, fc.array(interval, { maxLength: 5 }), (truth, margins, others) => {
        const liars = others.slice(0, margins.length - 1);
        const told = margins.map(([below, above]) => ({ low: truth - below, high: truth + above }));
        const all = [...told, ...liars];
        const agreed = marzullo(all, Math.floor(all.length / 2) + 1) ?? { low: Number.NaN, high: Number.NaN };
        expect(truth).to.be.within(agreed.low, agreed.high);
      }),
    );
  });
});
