import { readFileSync } from "node:fs";
import { expect } from "chai";
import { hexlify } from "ethers";
import { voucherVectors } from "../../../scripts/vectors.ts";
import { ofSecond } from "../../../src/nonce/index.ts";
import { Secret } from "../../../src/secret.ts";
import {
  batchDigest,
  encodeRedeem,
  encodeRedeemBatch,
  encodeRedeemMany,
  nativeSigner,
  orderIdOf,
  recover,
  toHex,
  uriDigestOf,
  voucherDigest,
} from "../../../src/voucher/index.ts";

const vectors = JSON.parse(readFileSync(new URL("../../vectors/vouchers.json", import.meta.url), "utf8")) as ReturnType<
  typeof voucherVectors
>;
const signer = nativeSigner(new Secret(vectors.signer.privateKey));
const numbered = <T extends { txCount: string }>(redemption: T) => ({ ...redemption, txCount: BigInt(redemption.txCount) });

describe("test/vectors/vouchers.json", () => {
  it("is what its generator makes", () => {
    expect(vectors).to.deep.equal(voucherVectors());
  });

  it("has enough vouchers and is signed by the key it names", () => {
    expect(vectors.vouchers).to.have.length.of.at.least(50);
    expect(signer.address).to.equal(vectors.signer.address);
  });

  for (const [i, vector] of vectors.vouchers.entries()) {
    it(`voucher ${i} has our digest, signature and calldata`, () => {
      const redemption = numbered(vector.redemption);
      const digest = voucherDigest(vector.domain, redemption);
      expect(redemption.orderId).to.equal(orderIdOf(vector.tenant, vector.idempotencyKey));
      expect(redemption.uriDigest).to.equal(uriDigestOf(vector.uri));
      expect(hexlify(ofSecond(redemption.txCount, redemption.alignedSecond))).to.equal(vector.hybridNonce);
      expect(hexlify(digest)).to.equal(vector.digest);
      expect(toHex(signer.sign(digest))).to.equal(vector.signature);
      expect(recover(digest, Buffer.from(vector.signature.slice(2), "hex"))).to.equal(vector.recovered);
      expect(encodeRedeem(redemption, vector.signature)).to.equal(vector.redeem);
    });
  }

  for (const vector of vectors.batches) {
    it(`the batch of ${vector.redemptions.length} has our digest, signatures and calldata`, () => {
      const redemptions = vector.redemptions.map(numbered);
      const digest = batchDigest(vector.domain, redemptions);
      expect(hexlify(digest)).to.equal(vector.digest);
      expect(toHex(signer.sign(digest))).to.equal(vector.signature);
      expect(redemptions.map((each) => toHex(signer.sign(voucherDigest(vector.domain, each))))).to.deep.equal(vector.signatures);
      expect(encodeRedeemBatch(redemptions, vector.signature, vector.skip)).to.equal(vector.redeemBatch);
      expect(encodeRedeemMany(redemptions, vector.signatures, vector.skip)).to.equal(vector.redeemMany);
    });
  }
});
