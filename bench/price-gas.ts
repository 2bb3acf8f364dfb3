// What does a proven price cost? Measured as the other operations of bench/gas.ts are, with a circuit whose secret is known: the
// verifier's gas does not depend on the key. Needs the tests' contracts: npx hardhat build
import type { ContractTransactionResponse } from "ethers";
import { parseEther } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { start } from "../test/contracts/mint-fixture.ts";
import { bring, coin, deployPrices, ether, inputsOf, reportNow, roots, terms } from "../test/contracts/price/prices-fixture.ts";
import { prove, words } from "../test/contracts/price/proofs.ts";
import { etherTerms } from "./cast-gas.ts";
import type { GasReport } from "./gas.ts";

const BATCH = 8;
const TRANSACTION = 21_000n;

/** How old the oldest quote of a report is: less than the terms allow, as of each honest report. */
const maxAge = 9;
const cast = (whole: number): bigint => BigInt(whole) * 10n ** 18n;

/** Runs every operation of proven prices on a chain of its own: pass a fresh in-process connection. */
export async function measurePriceGas(connection: NetworkConnection): Promise<GasReport> {
  const { ethers, networkHelpers } = connection;
  await networkHelpers.time.setNextBlockTimestamp(start);
  const fixture = await deployPrices(connection);
  const { prices, verifier, circuitId, manager, admin, stranger } = fixture;
  const [, , keeper] = await ethers.getSigners();
  if (!keeper) throw new Error("the network has too few accounts");
  const gasOf = async (send: () => Promise<ContractTransactionResponse>): Promise<number> => {
    await networkHelpers.time.setNextBlockTimestamp((await networkHelpers.time.latest()) + 12);
    const receipt = await (await send()).wait();
    if (receipt?.status !== 1) throw new Error("a measured transaction failed");
    return Number(receipt.gasUsed);
  };
  const submit = async (assetId: bigint): Promise<number> => {
    const { proof, report } = await bring(fixture, await reportNow(fixture, { assetId, maxAge }));
    return gasOf(() => prices.submit([...proof] as never, report as never));
  };
  const report: GasReport = {};
  report["price proof posted, first of its asset"] = await submit(ether);
  report["price proof posted"] = await submit(ether);
  await submit(coin);

  const assets = Array.from({ length: BATCH }, (_, at) => BigInt(at + 1));
  for (const asset of assets) {
    await prices.setTerms(asset, terms);
    await prices.setSources(asset, circuitId, roots[`${asset}`] ?? asset);
  }
  const batch = async (): Promise<number> => {
    const brought = await Promise.all(
      assets.map(async (assetId) =>
        bring(fixture, await reportNow(fixture, { assetId, maxAge }), { root: roots[`${assetId}`] ?? assetId }),
      ),
    );
    const all = brought.map(({ report: { packed, nonce } }) => ({ packed, nonce }));
    return gasOf(() =>
      prices.submitMany(
        circuitId,
        brought.map(({ proof }) => [...proof]),
        all,
      ),
    );
  };
  await batch();
  report["price proof posted, each of a batch of 8"] = Math.round((await batch()) / BATCH);

  const inputs = await inputsOf(fixture, await reportNow(fixture));
  const proof = words(prove(inputs, "alone"));
  const called = async (name: string, ...args: unknown[]): Promise<number> => {
    // Execution alone: what a call of it costs another contract, without the transaction and its data.
    const data = verifier.interface.encodeFunctionData(name, args);
    const to = await verifier.getAddress();
    const receipt = await (await admin.sendTransaction({ to, data })).wait();
    const bytes = Buffer.from(data.slice(2), "hex");
    const dataGas = bytes.reduce((sum, byte) => sum + (byte === 0 ? 4n : 16n), 0n);
    return Number((receipt?.gasUsed ?? 0n) - TRANSACTION - dataGas);
  };
  report["verifyProof, execution"] = await called("verifyProof", proof, inputs);
  report["verifyBatch of 8, execution, each"] = Math.round(
    (await called("verifyBatch", Array(BATCH).fill(proof), Array(BATCH).fill(inputs))) / BATCH,
  );

  const weth = await ethers.deployContract("WrappedEther");
  const token = await weth.getAddress();
  const vault = await ethers.deployContract("CollateralVault", [manager, prices, token, "Cast", "CAST"]);
  await vault.addCollateral(token, etherTerms(ether));
  await gasOf(() => vault.connect(keeper).depositETH(keeper, { value: parseEther("100") }));
  await submit(ether);
  await gasOf(() => vault.connect(keeper).mintCast(token, cast(50_000), keeper)); // the pool is not empty
  await gasOf(() => vault.connect(stranger).depositETH(stranger, { value: parseEther("10") }));
  const withProof = async (): Promise<number> => {
    const recipient = await stranger.getAddress();
    const { proof, report } = await bring(fixture, await reportNow(fixture, { maxAge }), { recipient });
    return gasOf(() => vault.connect(stranger).mintCastWithProof(token, cast(1_000), recipient, [...proof] as never, report as never));
  };
  report["cast mint with its own proof, first"] = await withProof();
  report["cast mint with its own proof, repeat"] = await withProof();
  await submit(ether);
  report["cast mint on a posted price, repeat"] = await gasOf(() => vault.connect(stranger).mintCast(token, cast(1_000), stranger));
  return report;
}
