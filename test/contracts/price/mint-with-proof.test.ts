// Cast tokens minted on a price that the minter brings the proof of, in one transaction.
import { expect } from "chai";
import { parseEther } from "ethers";
import { network } from "hardhat";
import type { CollateralVault } from "../../../types/ethers-contracts/index.ts";
import { bring, type Brought, deployPrices, ether, type Prices, reportNow, terms } from "./prices-fixture.ts";

const cast = (whole: number): bigint => BigInt(whole) * 10n ** 18n;
const e8 = (whole: number): bigint => BigInt(whole) * 10n ** 8n;

describe("minting with a proof of one's own", () => {
  let fixture: Prices;
  let vault: CollateralVault;
  let token: string;
  let recipient: string;

  beforeEach(async () => {
    const connection = await network.create();
    fixture = await deployPrices(connection);
    const weth = await connection.ethers.deployContract("WrappedEther");
    token = await weth.getAddress();
    vault = await connection.ethers.deployContract("CollateralVault", [fixture.manager, fixture.prices, token, "Cast", "CAST"]);
    const charges = { liquidationBonusBps: 1_000, feeBpsPerYear: 0, maxPriceAgeSeconds: 60 };
    await vault.addCollateral(token, { assetId: ether, ratioBps: 15_000, ...charges, ceilingCast: 1_000_000, floorCast: 100 });
    await vault.connect(fixture.stranger).depositETH(fixture.stranger, { value: parseEther("3") });
    recipient = await fixture.stranger.getAddress();
  });

  const mint = ({ proof, report }: Brought, amountD18: bigint) =>
    vault.connect(fixture.stranger).mintCastWithProof(token, amountD18, recipient, [...proof] as never, report as never);
  const own = async (price: bigint) => bring(fixture, await reportNow(fixture, { price }), { recipient });
  const debt = async () => (await vault.positionOf(token, recipient)).debtD18;

  it("mints as much as the proven price covers and posts nothing", async () => {
    await expect(mint(await own(e8(2_000)), cast(4_000) + 1n)).to.be.revertedWithCustomError(vault, "InsufficientlyCovered");
    await expect(mint(await own(e8(2_000)), cast(4_000)))
      .to.emit(vault, "CastMinted")
      .withArgs(token, recipient, recipient, cast(4_000), cast(4_000));
    expect(await debt()).to.equal(cast(4_000));
    expect([...(await fixture.prices.latestPrice(ether))]).to.deep.equal([0n, 0n, 0n]);
    await expect(vault.connect(fixture.stranger).mintCast(token, 1n, recipient)).to.be.revertedWithCustomError(vault, "PriceTooOld");
  });

  it("refuses a proof of somebody else, one that is for all, and one that is false", async () => {
    const report = await reportNow(fixture);
    const others = [await bring(fixture, report, { recipient: await fixture.admin.getAddress() }), await bring(fixture, report)];
    const mine = await bring(fixture, report, { recipient });
    others.push({ ...mine, proof: [...mine.proof].reverse() });
    for (const other of others) {
      await expect(mint(other, cast(1_000)))
        .to.be.revertedWithCustomError(fixture.prices, "PriceProofRejected")
        .withArgs(0x27);
    }
    await expect(mint(await bring(fixture, { ...report, assetId: 2n }, { recipient }), cast(1_000)))
      .to.be.revertedWithCustomError(fixture.prices, "PriceProofRejected")
      .withArgs(0x28);
    await mint(mine, cast(1_000));
  });

  it("takes a posted price that is as new, so that nobody is stopped by being overtaken, and none can go back to a better one", async () => {
    const better = await own(e8(4_000));
    const { proof, report } = await bring(fixture, await reportNow(fixture, { price: e8(2_000) }));
    await fixture.prices.submit([...proof] as never, report as never);
    await expect(mint(better, cast(4_000) + 1n)).to.be.revertedWithCustomError(vault, "InsufficientlyCovered");
    await mint(better, cast(4_000));
  });

  it("takes no outdated quotes for newer than a posted price, as late as the prover may say it is", async () => {
    const { time } = fixture.connection.networkHelpers;
    const quoted = await time.latest();
    await time.increase(50);
    const fallen = await bring(fixture, await reportNow(fixture, { price: e8(2_000) }));
    await fixture.prices.submit([...fallen.proof] as never, fallen.report as never);
    await time.increase(10);
    const stretched = await bring(
      fixture,
      await reportNow(fixture, { price: e8(4_000), timestamp: quoted + terms.maxAgeSeconds, maxAge: terms.maxAgeSeconds }),
      { recipient },
    );
    await expect(mint(stretched, cast(4_000) + 1n)).to.be.revertedWithCustomError(vault, "InsufficientlyCovered");
    await mint(stretched, cast(4_000));
  });

  it("has no price where the guardian dropped it, until there are newer quotes", async () => {
    const old = await own(e8(2_000));
    const { proof, report } = await bring(fixture, await reportNow(fixture, { price: e8(4_000) }));
    await fixture.prices.submit([...proof] as never, report as never);
    await fixture.prices.dropPrice(ether);
    await expect(mint(old, cast(1_000))).to.be.revertedWithCustomError(vault, "PriceTooOld");
    await expect(vault.connect(fixture.stranger).mintCast(token, cast(1_000), recipient)).to.be.revertedWithCustomError(
      vault,
      "PriceTooOld",
    );
    await mint(await own(e8(2_000)), cast(1_000));
  });

  it("holds the price against the collateral's own limit of age, counted from its oldest quote", async () => {
    const report = await reportNow(fixture, { price: e8(2_000), maxAge: 9 });
    const made = await bring(fixture, report, { recipient });
    const timestamp = report.timestamp - 9;
    await fixture.connection.networkHelpers.time.setNextBlockTimestamp(timestamp + 61);
    await expect(mint(made, cast(1_000)))
      .to.be.revertedWithCustomError(vault, "PriceTooOld")
      .withArgs(ether, timestamp, 60);
    await fixture.connection.networkHelpers.time.setNextBlockTimestamp(timestamp + 60);
    await mint(made, cast(1_000));
  });

  it("keeps floor, ceiling and pause", async () => {
    await expect(mint(await own(e8(2_000)), cast(99))).to.be.revertedWithCustomError(vault, "DebtBelowFloor");
    await expect(mint(await own(e8(2_000)), 0n)).to.be.revertedWithCustomError(vault, "ZeroAmount");
    await expect(mint(await own(2n ** 63n), cast(1_000_001))).to.be.revertedWithCustomError(vault, "DebtCeilingExceeded");
    await vault.pause(token);
    await expect(mint(await own(e8(2_000)), cast(1_000))).to.be.revertedWithCustomError(vault, "PausedCollateral");
  });
});
