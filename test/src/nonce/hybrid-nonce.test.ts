import { readFileSync } from "node:fs";
import { expect } from "chai";
import { hexlify, solidityPackedKeccak256 } from "ethers";
import fc from "fast-check";
import { hybridNonceVectors } from "../../../scripts/vectors.ts";
import { alignToSecond, compute, HybridNonceOutOfRange, ofSecond } from "../../../src/nonce/index.ts";

const file = readFileSync(new URL("../../vectors/hybrid-nonces.json", import.meta.url), "utf8");
const { seed, vectors } = JSON.parse(file) as ReturnType<typeof hybridNonceVectors>;

describe("the hybrid nonce", () => {
  it("is that of test/vectors/hybrid-nonces.json, over a thousand times", () => {
    expect(vectors).to.have.length.of.at.least(1000);
    for (const { txCount, alignedSecond, hybridNonce } of vectors) {
      expect(hexlify(ofSecond(BigInt(txCount), BigInt(alignedSecond))), `${txCount}, ${alignedSecond}`).to.equal(hybridNonce);
    }
  });

  it("has vectors that are what their generator makes", () => {
    expect({ seed, vectors }).to.deep.equal(hybridNonceVectors());
  });

  it("of a local time is that of the whole second it lies in", () => {
    const txCount = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(txCount, fc.integer({ min: 0, max: 2 ** 42 }), (count, ms) => {
        const second = Math.floor(ms / 1000);
        expect(alignToSecond(ms)).to.equal(second);
        expect(hexlify(compute(count, ms))).to.equal(solidityPackedKeccak256(["uint256", "uint64"], [count, second]));
      }),
    );
    expect(compute(1n, 1999.9).equals(ofSecond(1n, 1))).to.equal(true);
    expect(compute(1n, 2000).equals(ofSecond(1n, 2))).to.equal(true);
  });

  const refused: [string, () => unknown][] = [
    ["a txCount of 2^64", () => ofSecond(2n ** 64n, 0)],
    ["a negative txCount", () => ofSecond(-1n, 0)],
    ["a second of 2^64", () => ofSecond(0n, 2n ** 64n)],
    ["a negative second", () => ofSecond(0n, -1)],
    ["half a second", () => ofSecond(0n, 0.5)],
    ["a number too large to be exact", () => ofSecond(0n, 2 ** 60)],
    ["negative milliseconds", () => compute(0n, -1)],
    ["milliseconds that are no number", () => compute(0n, NaN)],
  ];
  for (const [what, act] of refused) {
    it(`refuses ${what}`, () => {
      expect(act).to.throw(HybridNonceOutOfRange);
    });
  }
});
