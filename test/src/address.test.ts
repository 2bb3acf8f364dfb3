import { expect } from "chai";
import { getAddress, hexlify, isAddress } from "ethers";
import fc from "fast-check";
import { addressProblem, checksumAddress, ZERO_ADDRESS } from "../../src/address.ts";

const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 });

describe("addresses", () => {
  it("get the checksum that ethers gives them, from bytes and from any case", () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        const expected = getAddress(hexlify(raw));
        expect(checksumAddress(raw)).to.equal(expected);
        expect(checksumAddress(hexlify(raw))).to.equal(expected);
        expect(checksumAddress(expected)).to.equal(expected);
        expect(checksumAddress("0x" + expected.slice(2).toUpperCase())).to.equal(expected);
      }),
    );
  });

  it("are judged as ethers judges them, whatever letters change case", () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 2, max: 41 }), (raw, at) => {
        const good = getAddress(hexlify(raw));
        const letter = good.charAt(at);
        const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
        const changed = good.slice(0, at) + swapped + good.slice(at + 1);
        fc.pre(good !== ZERO_ADDRESS);
        expect(addressProblem(changed)).to.equal(isAddress(changed) ? undefined : "checksum");
      }),
    );
  });

  it("are malformed without 0x, with other lengths or letters, with blanks", () => {
    const good = getAddress("0x" + "ab".repeat(20));
    for (const bad of [
      "",
      "0x",
      good.slice(2),
      good.slice(0, 41),
      good + "0",
      " " + good,
      good + " ",
      good.slice(0, 41) + "g",
      "0X" + good.slice(2),
    ]) {
      expect(addressProblem(bad), bad).to.equal("malformed");
    }
  });

  it("are refused when zero", () => {
    expect(addressProblem(ZERO_ADDRESS)).to.equal("zero");
  });
});
