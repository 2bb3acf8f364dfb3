// What does a cast mint cost on a proven price? Measured as the other operations of bench/gas.ts are; the price is set in
// storage of the same shape as that of a proven one. Needs the tests' contracts: npx hardhat build
import { type BigNumberish, type ContractTransactionResponse, parseEther } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { start } from "../test/contracts/mint-fixture.ts";
import { deployMock } from "../test/contracts/price/prices-fixture.ts";
import type { GasReport } from "./gas.ts";

const cast = (whole: number): bigint => BigInt(whole) * 10n ** 18n;
const ether = 1;

/** Ether's terms in every measurement of the vault. */
export const etherTerms = (assetId: BigNumberish) => ({
  ...{ assetId, ratioBps: 15_000, liquidationBonusBps: 1_000, feeBpsPerYear: 100 },
  ...{ maxPriceAgeSeconds: 3_600, ceilingCast: 1_000_000_000, floorCast: 100 },
});

/** Runs every operation of the vault on a chain of its own: pass a fresh in-process connection. */
export async function measureCastGas({ ethers, networkHelpers }: NetworkConnection): Promise<GasReport> {
  await networkHelpers.time.setNextBlockTimestamp(start - 100);
  const [admin, ann, bob, keeper] = await ethers.getSigners();
  if (!admin || !ann || !bob || !keeper) throw new Error("the network has too few accounts");
  const manager = await ethers.deployContract("AccessManager", [admin.address]);
  const feed = await deployMock("SettableFeed", "SettableFeed", admin);
  const weth = await ethers.deployContract("WrappedEther");
  const token = await weth.getAddress();
  const vault = await ethers.deployContract("CollateralVault", [manager, feed, token, "Cast", "CAST"]);
  await vault.addCollateral(token, etherTerms(ether));

  let now = start;
  const gasOf = async (send: () => Promise<ContractTransactionResponse>): Promise<number> => {
    await networkHelpers.time.setNextBlockTimestamp((now += 12));
    const receipt = await (await send()).wait();
    if (receipt?.status !== 1) throw new Error("a measured transaction failed");
    return Number(receipt.gasUsed);
  };
  const setPrice = feed.getFunction("set");
  const price = (whole: number) => gasOf(() => setPrice(ether, BigInt(whole) * 10n ** 8n, now) as Promise<ContractTransactionResponse>);

  await price(2_000);
  await gasOf(() => vault.connect(keeper).depositETH(keeper, { value: parseEther("100") }));
  await gasOf(() => vault.connect(keeper).mintCast(token, cast(50_000), keeper)); // the pool is not empty
  const report: GasReport = {};
  report["cast deposit of ether, first"] = await gasOf(() => vault.connect(ann).depositETH(ann, { value: parseEther("10") }));
  report["cast mint on a proven price, first"] = await gasOf(() => vault.connect(ann).mintCast(token, cast(1_000), ann));
  report["cast mint on a proven price, repeat"] = await gasOf(() => vault.connect(ann).mintCast(token, cast(1_000), ann));
  report["cast repay of a part"] = await gasOf(() => vault.connect(ann).repay(token, ann, cast(500)));
  report["cast withdraw of ether with a debt"] = await gasOf(() => vault.connect(ann).withdrawETH(parseEther("1"), ann));
  await gasOf(() => vault.connect(bob).depositETH(bob, { value: parseEther("1") }));
  await gasOf(() => vault.connect(bob).mintCast(token, cast(1_300), bob));
  await price(1_500);
  report["cast liquidate, all of a position"] = await gasOf(() => vault.connect(keeper).liquidate(token, bob, cast(2_000)));
  return report;
}
