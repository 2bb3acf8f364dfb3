import { expect } from "chai";
import { hexlify } from "ethers";
import fc from "fast-check";
import { HybridNonceOutOfRange } from "../../../src/nonce/index.ts";
import { batchDigest, BatchSizeOutOfRange, InvalidRedemption, voucherDigest, type Redemption } from "../../../src/voucher/index.ts";
import { domains, redemptions } from "./arbitraries.ts";
import { batchDigestByEthers, digestByEthers } from "./reference.ts";

const domain = { chainId: 31337, verifyingContract: "0x55AC5436e68305A0C54297642163A8FdF23BbA0a" };
const good: Redemption = {
  to: "0x06F5a60442F3A7919f3F035833a539b57393a652",
  quantity: 3,
  txCount: 7n,
  alignedSecond: 1_750_000_000,
  orderId: "0x" + "11".repeat(32),
  uriDigest: "0x" + "22".repeat(32),
};

describe("voucher digests", () => {
  it("are those of ethers' TypedDataEncoder", () => {
    fc.assert(
      fc.property(domains, redemptions, (where, redemption) => {
        expect(hexlify(voucherDigest(where, redemption))).to.equal(digestByEthers(where, redemption));
      }),
      { numRuns: 300 },
    );
  });

  it("of batches are those of ethers' TypedDataEncoder", () => {
    fc.assert(
      fc.property(domains, fc.array(redemptions, { minLength: 1, maxLength: 20 }), (where, batch) => {
        expect(hexlify(batchDigest(where, batch))).to.equal(batchDigestByEthers(where, batch));
      }),
      { numRuns: 50 },
    );
  });

  it("change with every field of the voucher and of the domain", () => {
    const altered = fc.constantFrom(...(Object.keys(good) as (keyof Redemption)[]));
    fc.assert(
      fc.property(redemptions, redemptions, altered, (redemption, other, field) => {
        fc.pre(redemption[field] !== other[field]);
        const changed = { ...redemption, [field]: other[field] };
        expect(voucherDigest(domain, changed).equals(voucherDigest(domain, redemption))).to.equal(false);
        expect(batchDigest(domain, [changed]).equals(batchDigest(domain, [redemption]))).to.equal(false);
      }),
    );
    const elsewhere = { ...domain, chainId: 1 };
    const another = { ...domain, verifyingContract: good.to };
    const all = [domain, elsewhere, another].map((where) => hexlify(voucherDigest(where, good)));
    expect(new Set(all).size).to.equal(3);
  });

  it("change with the order of a batch", () => {
    const second = { ...good, txCount: 8n };
    expect(batchDigest(domain, [good, second]).equals(batchDigest(domain, [second, good]))).to.equal(false);
  });

  it("of a batch of one is not the digest of its voucher", () => {
    expect(batchDigest(domain, [good]).equals(voucherDigest(domain, good))).to.equal(false);
  });

  const refused: [string, Partial<Redemption>][] = [
    ["a short address", { to: good.to.slice(0, 40) }],
    ["an address with a letter that is no digit", { to: good.to.slice(0, 41) + "g" }],
    ["an address without 0x", { to: good.to.slice(2) }],
    ["quantity 0", { quantity: 0 }],
    ["quantity 1.5", { quantity: 1.5 }],
    ["quantity 2^32", { quantity: 2 ** 32 }],
    ["an address of 21 bytes", { to: good.to + "00" }],
    ["an order id of 33 bytes", { orderId: good.orderId + "00" }],
    ["a short order id", { orderId: "0x11" }],
    ["an order id with a bad digit in the middle", { orderId: good.orderId.slice(0, 30) + "z" + good.orderId.slice(31) }],
    ["a uri digest without 0x", { uriDigest: "00" + "22".repeat(32) }],
  ];
  for (const [what, change] of refused) {
    it(`refuse ${what}`, () => {
      expect(() => voucherDigest(domain, { ...good, ...change })).to.throw(InvalidRedemption, Object.keys(change)[0]);
    });
  }

  it("refuse numbers beyond uint64 and times that are no whole seconds", () => {
    for (const change of [
      { txCount: 2n ** 64n },
      { txCount: -1n },
      { alignedSecond: 1.5 },
      { alignedSecond: -1 },
      { alignedSecond: NaN },
    ]) {
      expect(() => voucherDigest(domain, { ...good, ...change })).to.throw(HybridNonceOutOfRange);
    }
  });

  it("refuse a chain id that is none", () => {
    for (const chainId of [0, -1, 1.5, 2 ** 60])
      expect(() => voucherDigest({ ...domain, chainId }, good)).to.throw(InvalidRedemption, "chainId");
  });

  it("refuse empty batches and those above 256", () => {
    const batch = (size: number) => Array.from({ length: size }, (_, i) => ({ ...good, txCount: BigInt(i) }));
    expect(() => batchDigest(domain, [])).to.throw(BatchSizeOutOfRange);
    expect(() => batchDigest(domain, batch(257))).to.throw(BatchSizeOutOfRange, "257");
    expect(batchDigest(domain, batch(256))).to.have.length(32);
  });
});
