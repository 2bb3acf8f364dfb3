import { expect } from "chai";
import { hexlify, id, keccak256 as byEthers } from "ethers";
import fc from "fast-check";
import { keccak256, keccak256OfText } from "../../../src/keccak/index.ts";

describe("keccak256", () => {
  it("is ethers' at every length around its blocks", () => {
    for (let length = 0; length <= 3 * 136 + 1; length++) {
      const message = Uint8Array.from({ length }, (_, i) => i * 7 + length);
      expect(hexlify(keccak256(message))).to.equal(byEthers(message));
    }
  });

  it("is ethers' around the size of its memory", () => {
    for (const length of [64_463, 64_464, 64_465, 2 * 64_464, 200_000]) {
      const message = new Uint8Array(length).fill(0xa5);
      expect(hexlify(keccak256(message))).to.equal(byEthers(message));
    }
  });

  it("is ethers' on random bytes, and leaves nothing behind for the next", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.uint8Array({ maxLength: 500 }), (first, second) => {
        const kept = keccak256(first);
        expect(hexlify(keccak256(second))).to.equal(byEthers(second));
        expect(hexlify(kept)).to.equal(byEthers(first));
      }),
    );
  });

  it("takes text as UTF-8", () => {
    expect(hexlify(keccak256OfText("é✓"))).to.equal(id("é✓"));
  });
});
