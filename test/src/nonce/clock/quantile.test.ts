import { expect } from "chai";
import fc from "fast-check";
import { quantileOf } from "../../../../src/nonce/clock/quantile.ts";
import { Random } from "./random.ts";

const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 128 }).map((all) => all.sort((a, b) => a - b));
const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });

describe("The quantile by Harrell and Davis", () => {
  it("lies among the values, and moves with them", () => {
    fc.assert(
      fc.property(values, share, fc.integer({ min: -500, max: 500 }), (sorted, p, shift) => {
        const quantile = quantileOf(sorted, p);
        expect(quantile).to.be.within((sorted[0] ?? 0) - 1e-6, (sorted.at(-1) ?? 0) + 1e-6);
        const shifted = quantileOf(
          sorted.map((value) => value + shift),
          p,
        );
        expect(shifted).to.be.within(quantile + shift - 1e-6, quantile + shift + 1e-6);
      }),
    );
  });

  it("grows with its share", () => {
    fc.assert(
      fc.property(values, share, share, (sorted, p, q) => {
        expect(quantileOf(sorted, Math.min(p, q))).to.be.at.most(quantileOf(sorted, Math.max(p, q)) + 1e-6);
      }),
    );
  });

  it("of values that lie alike around their middle is the middle at one half", () => {
    expect(quantileOf([-9, -2, 0, 2, 9], 0.5)).to.be.within(0 - 1e-9, 0 + 1e-9);
  });

  it("of the p10 of 64 delays has no bias to speak of and errs less than the value at its rank", () => {
    const random = new Random(1);
    const truth = Math.exp(-1.2816 * 0.5) * 1_000;
    let [sum, square, squareOfRank] = [0, 0, 0];
    const runs = 3_000;
    for (let run = 0; run < runs; run++) {
      const sorted = Array.from({ length: 64 }, () => random.lognormal(1_000, 0.5)).sort((a, b) => a - b);
      const error = quantileOf(sorted, 0.1) - truth;
      sum += error;
      square += error ** 2;
      squareOfRank += ((sorted[6] ?? 0) - truth) ** 2;
    }
    expect(Math.abs(sum / runs)).to.be.below(5);
    expect(square).to.be.below(0.9 * squareOfRank);
  });
});
