import { expect } from "chai";
import { AbiCoder, id, keccak256, toUtf8Bytes } from "ethers";
import fc from "fast-check";
import { InvalidVoucher, orderIdOf, parseSignedVoucher, signedVoucherToJson, uriDigestOf } from "../../../src/voucher/index.ts";
import { domains, redemptions, signatures } from "./arbitraries.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });

describe("orderIdOf", () => {
  it("is the documented hash", () => {
    fc.assert(
      fc.property(text, text, (tenant, key) => {
        const parts = [id("mintd.order.v1"), keccak256(toUtf8Bytes(tenant)), keccak256(toUtf8Bytes(key))];
        expect(orderIdOf(tenant, key)).to.equal(keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "bytes32"], parts)));
      }),
    );
  });

  it("keeps apart what concatenation would join", () => {
    expect(orderIdOf("ab", "c")).not.to.equal(orderIdOf("a", "bc"));
    expect(orderIdOf("", "a")).not.to.equal(orderIdOf("a", ""));
  });
});

describe("uriDigestOf", () => {
  it("is zero for no URI and keccak256 of its UTF-8 otherwise", () => {
    expect(uriDigestOf("")).to.equal("0x" + "0".repeat(64));
    expect(uriDigestOf("ipfs://é")).to.equal(id("ipfs://é"));
  });
});

describe("a signed voucher in JSON", () => {
  const vouchers = fc.record({ domain: domains, redemption: redemptions, signature: signatures });

  it("comes back as it was", () => {
    fc.assert(
      fc.property(vouchers, (voucher) => {
        fc.pre(!/^0x0{40}$/.test(voucher.redemption.to + voucher.domain.verifyingContract));
        expect(parseSignedVoucher(JSON.parse(JSON.stringify(signedVoucherToJson(voucher))))).to.deep.equal(voucher);
      }),
    );
  });

  const [sample] = fc.sample(vouchers, { numRuns: 1, seed: 5 });
  if (sample === undefined) throw new Error("fast-check gave no sample");
  const json = signedVoucherToJson(sample);
  const refused: [string, unknown, string][] = [
    ["no object", null, "voucher"],
    ["a number above uint64", { ...json, redemption: { ...json.redemption, txCount: (2n ** 64n).toString() } }, "redemption.txCount"],
    ["a number that is no string", { ...json, redemption: { ...json.redemption, txCount: 5 } }, "redemption.txCount"],
    ["a number with a leading zero", { ...json, redemption: { ...json.redemption, txCount: "05" } }, "redemption.txCount"],
    ["a quantity of nothing", { ...json, redemption: { ...json.redemption, quantity: 0 } }, "redemption.quantity"],
    ["the zero address", { ...json, redemption: { ...json.redemption, to: "0x" + "0".repeat(40) } }, "redemption.to"],
    ["a short signature", { ...json, signature: "0x1234" }, "signature"],
    ["an extra field", { ...json, extra: 1 }, "extra"],
    ["no domain", { ...json, domain: undefined }, "domain"],
  ];
  for (const [what, bad, where] of refused) {
    it(`is refused with ${what}, by name`, () => {
      expect(() => parseSignedVoucher(bad)).to.throw(InvalidVoucher, where);
    });
  }
});
