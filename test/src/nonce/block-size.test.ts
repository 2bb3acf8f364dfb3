import { expect } from "chai";
import fc from "fast-check";
import { blockLimits, nextWords } from "../../../src/nonce/index.ts";

describe("The size of a block", () => {
  it("grows by at most 8 while blocks are used up too fast, and shrinks by at most 4 while they last too long", () => {
    expect(nextWords(4, 1, blockLimits)).to.equal(32);
    expect(nextWords(4, 0, blockLimits)).to.equal(32);
    expect(nextWords(4, 500, blockLimits)).to.equal(8);
    expect(nextWords(64, 2_000, blockLimits)).to.equal(32);
    expect(nextWords(64, 3_600_000, blockLimits)).to.equal(16);
  });

  it("stays between its limits, whole", () => {
    const words = fc.integer({ min: 1, max: 16_384 });
    fc.assert(
      fc.property(words, fc.double({ min: 0, max: 1e9, noNaN: true }), (before, lasted) => {
        const next = nextWords(before, lasted, blockLimits);
        expect(Number.isInteger(next)).to.equal(true);
        expect(next).to.be.within(blockLimits.least, blockLimits.most);
      }),
    );
  });

  it("settles where a block lasts about a second, whatever the rate", () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 4_000_000 }), (numbersPerSecond) => {
        let words = 1;
        for (let lease = 0; lease < 12; lease++) words = nextWords(words, (words * 256_000) / numbersPerSecond, blockLimits);
        expect((words * 256) / numbersPerSecond).to.be.within(0.5, 1.5);
      }),
    );
  });
});
