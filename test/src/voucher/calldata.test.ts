import { expect } from "chai";
import { hexlify, zeroPadValue } from "ethers";
import fc from "fast-check";
import {
  BatchSizeOutOfRange,
  decodeMinted,
  decodeSkipped,
  encodeRedeem,
  encodeRedeemBatch,
  encodeRedeemMany,
  InvalidRedemption,
  InvalidSignature,
  MINTED_TOPIC,
  UnexpectedLog,
  VOUCHER_SKIPPED_TOPIC,
  type Redemption,
} from "../../../src/voucher/index.ts";
import { redemptions, signatures } from "./arbitraries.ts";
import { minter } from "./reference.ts";

const batches = fc.array(fc.tuple(redemptions, signatures), { minLength: 1, maxLength: 30 });
const anyBytes = fc.uint8Array({ maxLength: 100 }).map((bytes) => hexlify(bytes));

describe("calldata", () => {
  it("of redeem is that of ethers, with signatures of any length", () => {
    fc.assert(
      fc.property(redemptions, fc.oneof(signatures, anyBytes), (redemption, signature) => {
        expect(encodeRedeem(redemption, signature)).to.equal(minter.encodeFunctionData("redeem", [redemption, signature]));
      }),
    );
  });

  it("of redeemMany is that of ethers", () => {
    fc.assert(
      fc.property(batches, anyBytes, fc.boolean(), (batch, odd, skip) => {
        const items = batch.map(([redemption]) => redemption);
        const signed = batch.map(([, signature], i) => (i === 1 ? odd : signature));
        expect(encodeRedeemMany(items, signed, skip)).to.equal(minter.encodeFunctionData("redeemMany", [items, signed, skip]));
      }),
      { numRuns: 50 },
    );
  });

  it("of redeemBatch is that of ethers", () => {
    fc.assert(
      fc.property(batches, signatures, fc.boolean(), (batch, signature, skip) => {
        const items = batch.map(([redemption]) => redemption);
        expect(encodeRedeemBatch(items, signature, skip)).to.equal(minter.encodeFunctionData("redeemBatch", [items, signature, skip]));
      }),
      { numRuns: 50 },
    );
  });

  it("is refused for what the contract could not read", () => {
    const [redemption] = fc.sample(redemptions, { numRuns: 1, seed: 1 });
    const signature = "0x" + "11".repeat(65);
    const one = redemption as Redemption;
    for (const bad of ["0x1", "11".repeat(65), "0x" + "zz".repeat(65)]) expect(() => encodeRedeem(one, bad)).to.throw(InvalidSignature);
    expect(() => encodeRedeem({ ...one, txCount: 2n ** 64n }, signature)).to.throw(InvalidRedemption, "txCount");
    expect(() => encodeRedeem({ ...one, alignedSecond: 0.5 }, signature)).to.throw(InvalidRedemption, "alignedSecond");
    expect(() => encodeRedeem({ ...one, alignedSecond: -1 }, signature)).to.throw(InvalidRedemption, "alignedSecond");
    expect(() => encodeRedeemMany([one], [], true)).to.throw(InvalidRedemption, "signatures");
    expect(() => encodeRedeemMany([], [], true)).to.throw(BatchSizeOutOfRange);
    expect(() => encodeRedeemBatch([], signature, true)).to.throw(BatchSizeOutOfRange);
    expect(() => encodeRedeemBatch(new Array<Redemption>(257).fill(one), signature, true)).to.throw(BatchSizeOutOfRange);
  });
});

describe("the minter's events", () => {
  const uint256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
  const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

  it("have the topics that ethers computes", () => {
    expect(MINTED_TOPIC).to.equal(minter.getEvent("Minted")?.topicHash);
    expect(VOUCHER_SKIPPED_TOPIC).to.equal(minter.getEvent("VoucherSkipped")?.topicHash);
  });

  it("are read as ethers wrote them", () => {
    fc.assert(
      fc.property(redemptions, uint256, uint256, ({ orderId, to, txCount }, firstTokenId, quantity) => {
        const log = minter.encodeEventLog("Minted", [orderId, to, firstTokenId, quantity, txCount]);
        expect(decodeMinted(log)).to.deep.equal({ orderId, to, firstTokenId, quantity, txCount });
      }),
    );
    fc.assert(
      fc.property(uint64, fc.constantFrom(0, 1, 2), (txCount, code) => {
        const reason = (["AlreadyRedeemed", "Expired", "ReceiverRefused"] as const)[code];
        expect(decodeSkipped(minter.encodeEventLog("VoucherSkipped", [txCount, code]))).to.deep.equal({ txCount, reason });
      }),
    );
  });

  it("are refused when they are others, cut short or unknown", () => {
    const skipped = minter.encodeEventLog("VoucherSkipped", [1n, 0]);
    const minted = minter.encodeEventLog("Minted", [zeroPadValue("0x01", 32), "0x" + "11".repeat(20), 1n, 1n, 1n]);
    expect(() => decodeMinted(skipped)).to.throw(UnexpectedLog, "first topic");
    expect(() => decodeSkipped(minted)).to.throw(UnexpectedLog, "first topic");
    expect(() => decodeMinted({ topics: [], data: "0x" })).to.throw(UnexpectedLog);
    expect(() => decodeMinted({ ...minted, data: minted.data.slice(0, -2) })).to.throw(UnexpectedLog);
    expect(() => decodeMinted({ ...minted, topics: minted.topics.slice(0, 2) })).to.throw(UnexpectedLog);
    expect(() => decodeSkipped(minter.encodeEventLog("VoucherSkipped", [1n, 3]))).to.throw(UnexpectedLog, "unknown reason 3");
  });
});
