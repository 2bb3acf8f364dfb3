// What a client sees: vouchers signed by ethers, redeemed on chain, events and errors decoded by the ABI, roles through the
// AccessManager. The Solidity tests beside this file go through the cases.
import { expect } from "chai";
import { concat, keccak256, solidityPackedKeccak256, toUtf8Bytes, TypedDataEncoder, ZeroAddress } from "ethers";
import { network } from "hardhat";
import type { Fixture, Minter } from "./mint-fixture.ts";
import {
  batchTypes,
  compact,
  deployMinters,
  domainOf,
  highS,
  owner,
  redemption,
  redemptions,
  signBatch,
  signVoucher,
  start,
  voucherOf,
  voucherTypes,
} from "./mint-fixture.ts";

const connection = await network.create();
const { networkHelpers } = connection;

async function minters(): Promise<Fixture> {
  await networkHelpers.time.increaseTo(start - 100);
  const fixture = await deployMinters(connection);
  await networkHelpers.time.increaseTo(start);
  return fixture;
}

const alreadyRedeemed = 0n;
const expired = 1n;

for (const kind of ["voucherMinter", "editionMinter"] as const) {
  describe(`vouchers at ${kind}`, () => {
    let fixture: Fixture;
    let minter: Minter;
    const balanceOf = (address: string, uriDigest: string) =>
      kind === "voucherMinter" ? fixture.voucherMinter.balanceOf(address) : fixture.editionMinter.balanceOf(address, uriDigest);
    const firstTokenId = (uriDigest: string) => (kind === "voucherMinter" ? 1n : BigInt(uriDigest));

    beforeEach(async () => {
      fixture = await networkHelpers.loadFixture(minters);
      minter = fixture[kind].connect(fixture.stranger);
    });

    it("publishes the domain that is signed", async () => {
      const { name, version, chainId, verifyingContract, extensions } = await minter.eip712Domain();
      expect({ name, version, chainId, verifyingContract }).to.deep.equal(await domainOf(minter));
      expect(extensions).to.deep.equal([]);
    });

    it("has the limits that are documented", async () => {
      expect(await minter.MAX_SKEW_SECONDS()).to.equal(2n);
      expect(await minter.VALIDITY_SECONDS()).to.equal(300n);
      expect(await minter.MAX_BATCH()).to.equal(256n);
      expect(await minter.MAX_QUANTITY()).to.equal(kind === "voucherMinter" ? 8192n : 2n ** 32n - 1n);
    });

    it("mints what ethers signed, whoever submits it", async () => {
      const r = redemption(300, { quantity: 3 });
      await expect(minter.redeem(r, await signVoucher(minter, fixture.signer, r)))
        .to.emit(minter, "Minted")
        .withArgs(r.orderId, r.to, firstTokenId(r.uriDigest), 3, 300);
      expect(await balanceOf(r.to, r.uriDigest)).to.equal(3n);
      expect(await minter.redeemed(300)).to.equal(true);
      expect(await minter.nonceWord(1)).to.equal(1n << 44n);
    });

    it("hashes as EIP-712 does, written out by hand", async () => {
      const r = redemption(7);
      const typeHash = keccak256(toUtf8Bytes("Voucher(address to,uint32 quantity,bytes32 hybridNonce,bytes32 orderId,bytes32 uriDigest)"));
      const word = (hex: string) => `0x${hex.replace(/^0x/, "").padStart(64, "0")}`;
      const hybridNonce = solidityPackedKeccak256(["uint256", "uint64"], [r.txCount, r.alignedSecond]);
      const struct = keccak256(concat([typeHash, word(r.to), word(r.quantity.toString(16)), hybridNonce, r.orderId, r.uriDigest]));
      const domain = await domainOf(minter);
      const digest = keccak256(concat(["0x1901", TypedDataEncoder.hashDomain(domain), struct]));
      expect(digest).to.equal(TypedDataEncoder.hash(domain, voucherTypes, voucherOf(r)));
      await minter.redeem(r, fixture.signer.signingKey.sign(digest).serialized);
      expect(TypedDataEncoder.from(batchTypes).encodeType("VoucherBatch")).to.equal(
        "VoucherBatch(Voucher[] vouchers)Voucher(address to,uint32 quantity,bytes32 hybridNonce,bytes32 orderId,bytes32 uriDigest)",
      );
    });

    it("mints once, in whichever form the signature comes", async () => {
      const r = redemption(7);
      const signature = await signVoucher(minter, fixture.signer, r);
      await expect(minter.redeem(r, highS(signature)))
        .to.be.revertedWithCustomError(minter, "InvalidSigner")
        .withArgs(ZeroAddress);
      await minter.redeem(r, compact(signature));
      await expect(minter.redeem(r, signature)).to.be.revertedWithCustomError(minter, "VoucherAlreadyRedeemed").withArgs(7);
      await expect(minter.redeem(r, compact(signature)))
        .to.be.revertedWithCustomError(minter, "VoucherAlreadyRedeemed")
        .withArgs(7);
    });

    it("holds to the window to the second", async () => {
      const at = async (offset: number, txCount: number) => {
        const r = redemption(txCount, { alignedSecond: start + 1000 });
        const signature = await signVoucher(minter, fixture.signer, r);
        await networkHelpers.time.setNextBlockTimestamp(start + 1000 + offset);
        return minter.redeem(r, signature);
      };
      await expect(at(-3, 1))
        .to.be.revertedWithCustomError(minter, "VoucherFromFuture")
        .withArgs(1, start + 1000);
      await expect(at(-2, 1)).to.emit(minter, "Minted");
      await expect(at(0, 2)).to.emit(minter, "Minted");
      await expect(at(300, 3)).to.emit(minter, "Minted");
      await expect(at(301, 4))
        .to.be.revertedWithCustomError(minter, "VoucherExpired")
        .withArgs(4, start + 1000);
    });

    it("mints a batch under one signature, and does it only once however often it is sent", async () => {
      const rs = redemptions(250, 20);
      const signature = await signBatch(minter, fixture.signer, rs);
      await minter.redeemBatch(rs, signature, true);
      for (const r of rs) expect(await balanceOf(r.to, r.uriDigest)).to.equal(1n);
      const again = minter.redeemBatch(rs, signature, true);
      for (const r of rs) await expect(again).to.emit(minter, "VoucherSkipped").withArgs(r.txCount, alreadyRedeemed);
      await expect(again).not.to.emit(minter, "Minted");
      await expect(minter.redeemBatch(rs, signature, false))
        .to.be.revertedWithCustomError(minter, "VoucherAlreadyRedeemed")
        .withArgs(250);
    });

    it("mints many under their own signatures and skips the expired one", async () => {
      const rs = [redemption(0), redemption(1, { alignedSecond: start - 400 }), redemption(2)];
      const signatures = await Promise.all(rs.map((r) => signVoucher(minter, fixture.signer, r)));
      await expect(minter.redeemMany(rs, signatures, false))
        .to.be.revertedWithCustomError(minter, "VoucherExpired")
        .withArgs(1, start - 400);
      const sent = minter.redeemMany(rs, signatures, true);
      await expect(sent).to.emit(minter, "VoucherSkipped").withArgs(1, expired);
      await expect(sent).to.emit(minter, "Minted");
      expect(await minter.nonceWord(0)).to.equal(0b101n);
    });

    it("names each fault of a batch", async () => {
      const r = redemption(0);
      const signature = await signVoucher(minter, fixture.signer, r);
      await expect(minter.redeemMany([], [], true)).to.be.revertedWithCustomError(minter, "EmptyBatch");
      await expect(minter.redeemMany([r], [], true))
        .to.be.revertedWithCustomError(minter, "LengthMismatch")
        .withArgs(1, 0);
      await expect(minter.redeemBatch(redemptions(0, 257), signature, true))
        .to.be.revertedWithCustomError(minter, "BatchTooLarge")
        .withArgs(257, 256);
      await expect(minter.redeem(r, "0x1234")).to.be.revertedWithCustomError(minter, "InvalidSignatureLength").withArgs(2);
      await expect(minter.redeem(redemption(0, { quantity: 2 }), signature)).to.be.revertedWithCustomError(minter, "InvalidSigner");
    });

    it("lets each role do its part and no other", async () => {
      const { signerAdmin, guardian, curator, admin, stranger, signer } = fixture;
      const address = owner(1);
      const calls: [string, Record<"signerAdmin" | "guardian" | "curator", boolean>, (as: Minter) => Promise<unknown>][] = [
        ["grantSigner", { signerAdmin: true, guardian: false, curator: false }, (as) => as.grantSigner(address)],
        ["revokeSigner", { signerAdmin: false, guardian: true, curator: false }, (as) => as.revokeSigner(address)],
        ["cancel", { signerAdmin: false, guardian: true, curator: false }, (as) => as.cancel(9, 1)],
        ["setRoyalty", { signerAdmin: false, guardian: false, curator: true }, (as) => as.setRoyalty(address, 1)],
      ];
      for (const [name, may, call] of calls) {
        for (const [role, account] of Object.entries({ signerAdmin, guardian, curator, admin, stranger })) {
          const allowed = (may as Record<string, boolean>)[role] ?? false;
          const attempt = call(fixture[kind].connect(account));
          if (allowed) await attempt;
          else await expect(attempt, `${role} calls ${name}`).to.be.revertedWithCustomError(minter, "AccessManagedUnauthorized");
        }
      }
      expect(await minter.isSigner(signer.address)).to.equal(true);
      expect(await minter.isSigner(address)).to.equal(false);
    });

    it("voids a signer's vouchers when it is revoked", async () => {
      const r = redemption(7);
      const signature = await signVoucher(minter, fixture.signer, r);
      await expect(fixture[kind].connect(fixture.guardian).revokeSigner(fixture.signer.address))
        .to.emit(minter, "SignerRevoked")
        .withArgs(fixture.signer.address);
      await expect(minter.redeem(r, signature)).to.be.revertedWithCustomError(minter, "InvalidSigner").withArgs(fixture.signer.address);
    });

    it("refuses what was signed for another contract or another chain", async () => {
      const r = redemption(7);
      const other = kind === "voucherMinter" ? fixture.editionMinter : fixture.voucherMinter;
      await expect(minter.redeem(r, await signVoucher(other, fixture.signer, r))).to.be.revertedWithCustomError(minter, "InvalidSigner");
      const elsewhere = { ...(await domainOf(minter)), chainId: 1 };
      const signature = await fixture.signer.signTypedData(elsewhere, voucherTypes, voucherOf(r));
      await expect(minter.redeem(r, signature)).to.be.revertedWithCustomError(minter, "InvalidSigner");
    });
  });
}
