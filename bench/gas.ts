// What does each mint cost? Whole transactions, 21,000 included. Keys, owners, numbers and timestamps are fixed, so the same
// code gives the same gas to the unit. The numbers are kept in gas.json; test/contracts/gas.test.ts compares.
//
//     npx hardhat run scripts/gas.ts     measure, print and rewrite gas.json
import type { ContractTransactionResponse } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import type { Minter, Redemption } from "../test/contracts/mint-fixture.ts";
import { compact, deployMinters, owner, redemption, redemptions, signBatch, signVoucher, start } from "../test/contracts/mint-fixture.ts";

export type GasReport = Record<string, number>;

/** Runs every operation on a chain of its own: pass a fresh in-process connection. */
export async function measureGas(connection: NetworkConnection): Promise<GasReport> {
  const { networkHelpers } = connection;
  await networkHelpers.time.setNextBlockTimestamp(start - 100);
  const { voucherMinter, editionMinter, signer, stranger } = await deployMinters(connection);
  const report: GasReport = {};

  const gasOf = async (sent: Promise<ContractTransactionResponse>): Promise<number> => {
    const receipt = await (await sent).wait();
    if (receipt?.status !== 1) throw new Error("a measured transaction failed");
    return Number(receipt.gasUsed);
  };

  let now = start;
  for (const [name, connected] of [
    ["erc721", voucherMinter.connect(stranger)],
    ["erc1155", editionMinter.connect(stranger)],
  ] as const) {
    const minter: Minter = connected;
    const uri = { uriDigest: redemption(0).uriDigest }; // one edition
    const one = async (r: Redemption, shorten = (signature: string) => signature) => {
      await networkHelpers.time.setNextBlockTimestamp(++now);
      return gasOf(minter.redeem(r, shorten(await signVoucher(minter, signer, r))));
    };
    const batch = async (rs: Redemption[], skip = true) => {
      await networkHelpers.time.setNextBlockTimestamp(++now);
      return gasOf(minter.redeemBatch(rs, await signBatch(minter, signer, rs), skip));
    };
    const many = async (rs: Redemption[]) => {
      await networkHelpers.time.setNextBlockTimestamp(++now);
      const signatures = await Promise.all(rs.map((r) => signVoucher(minter, signer, r)));
      return gasOf(minter.redeemMany(rs, signatures, true));
    };

    report[`${name} redeem, first-time owner, first number of its word`] = await one(redemption(0, uri));
    report[`${name} redeem, first-time owner`] = await one(redemption(1, uri));
    report[`${name} redeem, repeat owner`] = await one(redemption(2, { ...uri, to: owner(1) }));
    report[`${name} redeem, repeat owner, 64-byte signature`] = await one(redemption(3, { ...uri, to: owner(1) }), compact);
    if (name === "erc721") {
      const single = await one(redemption(4, { ...uri, to: owner(1) }));
      const hundred = await one(redemption(5, { ...uri, to: owner(1), quantity: 100 }));
      report[`${name} further token of a quantity`] = Math.round((hundred - single) / 99);
      report[`${name} redeem of MAX_QUANTITY`] = await one(redemption(6, { ...uri, quantity: 8192 }));
    }

    const hundred = redemptions(100, 100, uri); // its word has been used
    report[`${name} redeemBatch of 100 in skip mode to first-time owners, each`] = Math.round((await batch(hundred)) / 100);
    report[`${name} redeemBatch of 100 in skip mode, all redeemed before, each`] = Math.round((await batch(hundred)) / 100);
    const fresh = redemptions(256, 100, uri);
    report[`${name} redeemBatch of 100 in skip mode to first-time owners in a new word, each`] = Math.round((await batch(fresh)) / 100);
    report[`${name} redeemMany of 100 in skip mode to first-time owners, each`] = Math.round(
      (await many(redemptions(512, 100, uri))) / 100,
    );
    report[`${name} redeemBatch of 256 to first-time owners`] = await batch(redemptions(1024, 256, uri));
    report[`${name} redeemMany of 256 to first-time owners`] = await many(redemptions(1280, 256, uri));
  }
  return report;
}
