import { expect } from "chai";
import fc from "fast-check";
import { isReplacementDue, type Waiting } from "../../../../src/chain/lane/replacement.ts";

const fees = (maxFeePerGas: bigint, maxPriorityFeePerGas = 1n) => ({ maxFeePerGas, maxPriorityFeePerGas });
const waiting = (more: Partial<Waiting>): Waiting => ({
  fees: fees(100n),
  wanted: fees(100n),
  blocks: 1,
  lowest: true,
  refused: false,
  ...more,
});

describe("A replacement is due", () => {
  it("never before a block came, however little is paid", () => {
    expect(isReplacementDue(waiting({ blocks: 0, fees: fees(1n), wanted: fees(1_000n) }))).to.equal(false);
  });

  it("at once where the maximum is below the base fee, which is half of what is wanted, for every nonce", () => {
    for (const lowest of [true, false]) {
      expect(isReplacementDue(waiting({ lowest, wanted: fees(202n) }))).to.equal(true);
      expect(isReplacementDue(waiting({ lowest, wanted: fees(201n) }))).to.equal(false);
    }
  });

  it("after three blocks where the market asks for more of either fee, and after 24 where it does not, for the lowest nonce alone", () => {
    for (const wanted of [fees(101n), fees(100n, 2n)]) {
      expect(isReplacementDue(waiting({ wanted, blocks: 2 }))).to.equal(false);
      expect(isReplacementDue(waiting({ wanted, blocks: 3 }))).to.equal(true);
      expect(isReplacementDue(waiting({ wanted, blocks: 300, lowest: false }))).to.equal(false);
    }
    expect(isReplacementDue(waiting({ blocks: 23 }))).to.equal(false);
    expect(isReplacementDue(waiting({ blocks: 24 }))).to.equal(true);
  });

  it("after a block where a node refused it for paying too little, for every nonce", () => {
    expect(isReplacementDue(waiting({ refused: true, blocks: 0 }))).to.equal(false);
    for (const lowest of [true, false]) expect(isReplacementDue(waiting({ refused: true, lowest }))).to.equal(true);
  });

  it("still, once it is, after more blocks or at a higher price", () => {
    const fee = fc.bigInt({ min: 1n, max: 1_000n });
    const property = fc.property(
      fee,
      fee,
      fee,
      fee,
      fc.nat(30),
      fc.boolean(),
      fc.nat(30),
      fee,
      (a, b, c, d, blocks, lowest, later, dearer) => {
        const before: Waiting = { fees: fees(a, b), wanted: fees(c, d), blocks, lowest, refused: false };
        if (!isReplacementDue(before)) return;
        expect(isReplacementDue({ ...before, blocks: blocks + later })).to.equal(true);
        expect(isReplacementDue({ ...before, wanted: fees(c + dearer, d + dearer) })).to.equal(true);
      },
    );
    fc.assert(property);
  });
});
