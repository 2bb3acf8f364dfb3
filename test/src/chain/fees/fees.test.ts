import { expect } from "chai";
import fc from "fast-check";
import { FeeCapReached, type Fees, replacementFees } from "../../../../src/chain/index.ts";
import { highestBaseFee, tipOf } from "../../../../src/chain/fees/fee-history.ts";
import { capped } from "../../../../src/chain/fees/fees.ts";

const gwei = 1_000_000_000n;
const seed = Number(process.env["FEES_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const runs = { seed, numRuns: 2_000 };
const wei = fc.oneof(fc.bigInt(0n, 40n), fc.bigInt(0n, 1_000n * gwei));
/** A tip is part of the whole. */
const fees = fc
  .tuple(wei, wei)
  .map(([a, b]): Fees => (a < b ? { maxFeePerGas: b, maxPriorityFeePerGas: a } : { maxFeePerGas: a, maxPriorityFeePerGas: b }));

describe("Fees", () => {
  before(() => {
    console.log(`FEES_SEED=${seed}`);
  });

  describe("of a replacement", () => {
    it("are at least 12.5 % and one wei more on both, never above the cap, the tip never above the whole", () => {
      fc.assert(
        fc.property(fees, fees, wei, (previous, wanted, cap) => {
          const least = (fee: bigint) => fee + (fee < 8n ? 1n : (fee + 7n) / 8n);
          let replaced: Fees;
          try {
            replaced = replacementFees(previous, wanted, { maxFeePerGas: cap });
          } catch (error) {
            expect(error).to.be.instanceOf(FeeCapReached);
            expect(least(previous.maxFeePerGas) > cap, "refused only where it does not fit").to.equal(true);
            return;
          }
          const { maxFeePerGas, maxPriorityFeePerGas } = replaced;
          expect(maxFeePerGas >= least(previous.maxFeePerGas), "whole").to.equal(true);
          expect(maxPriorityFeePerGas >= least(previous.maxPriorityFeePerGas), "tip").to.equal(true);
          expect(maxFeePerGas <= cap, "cap").to.equal(true);
          expect(maxPriorityFeePerGas <= maxFeePerGas, "tip in whole").to.equal(true);
          expect(maxFeePerGas >= wanted.maxFeePerGas || maxFeePerGas === cap, "what the market wants").to.equal(true);
        }),
        runs,
      );
    });

    it("round up, and follow the market where it wants more", () => {
      const limits = { maxFeePerGas: 100n };
      const none = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
      expect(replacementFees({ maxFeePerGas: 9n, maxPriorityFeePerGas: 8n }, none, limits)).to.deep.equal({
        maxFeePerGas: 11n,
        maxPriorityFeePerGas: 9n,
      });
      expect(replacementFees(none, { maxFeePerGas: 50n, maxPriorityFeePerGas: 7n }, limits)).to.deep.equal({
        maxFeePerGas: 50n,
        maxPriorityFeePerGas: 7n,
      });
      expect(replacementFees(none, { maxFeePerGas: 500n, maxPriorityFeePerGas: 400n }, limits)).to.deep.equal({
        maxFeePerGas: 100n,
        maxPriorityFeePerGas: 100n,
      });
    });

    it("say what does not fit under the cap", () => {
      const previous = { maxFeePerGas: 180n * gwei, maxPriorityFeePerGas: gwei };
      expect(() => replacementFees(previous, previous, { maxFeePerGas: 200n * gwei }))
        .to.throw(FeeCapReached)
        .with.property("message")
        .that.contains("202.5 gwei")
        .and.contains("replacement");
    });
  });

  it("pay a base fee up to the cap and are cut to it, never above, the tip never above the whole", () => {
    fc.assert(
      fc.property(wei, wei, wei, fc.integer({ min: 1, max: 32 }), (baseFee, tip, cap, blocks) => {
        const highest = highestBaseFee(baseFee, blocks);
        if (baseFee > cap) {
          expect(() => capped(baseFee, highest, tip, cap)).to.throw(FeeCapReached);
          return;
        }
        const { maxFeePerGas, maxPriorityFeePerGas } = capped(baseFee, highest, tip, cap);
        expect(maxFeePerGas >= baseFee && maxFeePerGas <= cap && maxPriorityFeePerGas <= maxFeePerGas).to.equal(true);
        expect(maxFeePerGas === highest + tip || maxFeePerGas === cap).to.equal(true);
      }),
      runs,
    );
  });

  it("outlive as many full blocks in a row as wanted", () => {
    fc.assert(
      fc.property(wei, fc.integer({ min: 1, max: 32 }), (baseFee, blocks) => {
        let fee = baseFee;
        for (let i = 0; i < blocks; i++) fee += fee / 8n; // EIP-1559, a full block of twice the target
        expect(highestBaseFee(baseFee, blocks) >= fee).to.equal(true);
      }),
      runs,
    );
    expect(highestBaseFee(8n, 1)).to.equal(9n);
    expect(highestBaseFee(100n * gwei, 6)).to.equal(202_728_652_955n);
  });

  describe("the tip", () => {
    const calm = Array.from({ length: 20 }, () => 2n * gwei);

    it("is the median of what was paid, at least the floor", () => {
      expect(tipOf([1n, 2n, 3n, 4n, 5n], 0n)).to.equal(3n);
      expect(tipOf(calm, gwei)).to.equal(2n * gwei);
      expect(tipOf(calm, 3n * gwei)).to.equal(3n * gwei);
    });

    it("is the floor where nobody tells of tips, and where few blocks have any", () => {
      expect(tipOf([], gwei)).to.equal(gwei);
      expect(tipOf([500n * gwei, 500n * gwei], gwei)).to.equal(gwei);
    });

    it("at most doubles in a sudden spike, and follows one that lasts", () => {
      const spike = (blocks: number) => [...calm.slice(blocks), ...Array.from({ length: blocks }, () => 500n * gwei)];
      expect(tipOf(spike(9), gwei)).to.equal(2n * gwei);
      expect(tipOf(spike(14), gwei)).to.equal(4n * gwei);
      expect(tipOf(spike(20), gwei)).to.equal(500n * gwei);
    });

    it("is never above the highest that was paid, nor below the floor", () => {
      fc.assert(
        fc.property(fc.array(wei, { maxLength: 20 }), wei, (tips, floor) => {
          const tip = tipOf(tips, floor);
          const highest = tips.reduce((a, b) => (a > b ? a : b), 0n);
          expect(tip >= floor && (tip === floor || tip <= highest)).to.equal(true);
        }),
        runs,
      );
    });
  });
});
