import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { type BaseContract, ContractFactory, Interface, parseEther } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import { covered, seize, type Terms, Vault } from "../../../src/cast/index.ts";
import { ProviderRpc } from "../../../src/chain/index.ts";
import { revertData } from "../../../src/chain/rpc/revert-data.ts";

/** Random positions; CAST_SEED repeats a run. */
const seed = Number(process.env["CAST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const runs = 64;

const healthy = new Interface(["error PositionHealthy(address,address)", "error DebtBelowFloor(address,uint256,uint256)"]);
const vaultAbi = new Interface(["function liquidate(address,address,uint256) returns (uint256, uint256)"]);
const liquidated = new Interface(["event Liquidated(address indexed, address indexed, address indexed, uint256, uint256, uint256)"]);
/** A fee that is charged between estimate and block costs gas. */
const gasLimit = "0x7a120";
const nobody = `0x${"0".repeat(40)}`;

/** What the vault does to a position that it holds, beside what src/cast says that it does. */
describe(`src/cast rounds as the vault does (CAST_SEED=${seed})`, function () {
  this.timeout(60_000);
  let rpc: ProviderRpc;
  let vault: BaseContract;
  let feed: BaseContract;
  let make: (path: string, ...args: unknown[]) => Promise<BaseContract>;
  let owner: string;
  let debtor: string;
  let reader: Vault;
  let open: () => Vault;

  before(async () => {
    const connection = await network.create({ network: "default", override: { allowBlocksWithSameTimestamp: true } });
    const { ethers, provider } = connection;
    rpc = new ProviderRpc(provider);
    const [signer, other] = await ethers.getSigners();
    owner = signer?.address ?? "";
    debtor = other?.address ?? "";
    make = async (path, ...args) => {
      const { abi, bytecode } = JSON.parse(await readFile(new URL(`../../../${path}`, import.meta.url), "utf8")) as {
        abi: [];
        bytecode: string;
      };
      return new ContractFactory(abi, bytecode, signer).deploy(...args);
    };
    const manager = await make("artifacts/@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json", owner);
    feed = await make("cache/test-artifacts/test/contracts/mocks/SettableFeed.sol/SettableFeed.json");
    const weth = await make("artifacts/contracts/local/WrappedEther.sol/WrappedEther.json");
    const path = "artifacts/contracts/vault/CollateralVault.sol/CollateralVault.json";
    vault = await make(path, await manager.getAddress(), await feed.getAddress(), await weth.getAddress(), "Cast", "CAST");
    const at = async (contract: BaseContract) => ({ address: await contract.getAddress(), args: [], codeHash: nobody });
    const cast = { address: (await vault.getFunction("cast").staticCall()) as string, args: [], codeHash: nobody };
    const contracts = { CollateralVault: await at(vault), ProvenPrices: await at(feed), CastToken: cast };
    open = () => new Vault(rpc, contracts);
    reader = open();
  });

  const now = async () => (await reader.newest()).timestamp;

  /** A token of these decimals as collateral, of which owner and debtor put in; both mint, and time passes for the fees. */
  async function position(decimals: number, amount: bigint, debtD18: bigint, bonus: number, fee: number): Promise<string> {
    const token = await make("cache/test-artifacts/test/contracts/mocks/Tokens.sol/OddToken.json", decimals);
    const address = await token.getAddress();
    const mine = amount * 1_000n;
    await token.getFunction("give")(owner, amount + mine);
    await token.getFunction("approve")(await vault.getAddress(), amount + mine);
    await vault.getFunction("addCollateral")(address, [1, 15_000, bonus, fee, 65_535, 10n ** 12n - 1n, 0]);
    await vault.getFunction("deposit")(address, owner, mine);
    await vault.getFunction("deposit")(address, debtor, amount);
    // So dear that any debt is covered.
    await feed.getFunction("set")(1, (1n << 64n) - 1n, await now());
    await vault.getFunction("mintCast")(address, debtD18 * 2n, owner, { gasLimit });
    await rpc.request("hardhat_impersonateAccount", [debtor]);
    const mint = new Interface(["function mintCast(address,uint256,address)"]).encodeFunctionData("mintCast", [address, debtD18, owner]);
    await rpc.request("eth_sendTransaction", [{ from: debtor, to: await vault.getAddress(), data: mint, gas: gasLimit }]);
    await rpc.request("evm_increaseTime", [60_000]);
    await rpc.request("evm_mine", []);
    return address;
  }

  it("in what is covered, repaid, seized and lost, for any amounts, prices, bonuses, fees and decimals", async () => {
    const seen = { healthy: 0, partial: 0, whole: 0, shrunk: 0, lost: 0 };
    let clean = await rpc.request<string>("evm_snapshot", []);
    const usual = { decimals: 18, units: 10n, dust: 0n, debtD18: parseEther("1000"), bonus: 500, fee: 250 };
    /** One of each kind; the random ones need not meet them all. */
    const named = [
      [{ ...usual, worth: 16_000n, share: 12_000n }],
      [{ ...usual, worth: 12_000n, share: 5_000n }],
      [{ ...usual, worth: 12_000n, share: 12_000n }],
      [{ ...usual, worth: 10_300n, share: 5_000n }],
      [{ ...usual, worth: 10_300n, share: 12_000n }],
      [{ ...usual, worth: 8_000n, share: 5_000n }],
      [{ ...usual, worth: 8_000n, share: 12_000n }],
    ] satisfies [unknown][];
    const cases = fc.record({
      decimals: fc.constantFrom(0, 6, 18, 27),
      units: fc.bigInt(1n, 10_000n),
      dust: fc.bigInt(0n, 999n),
      debtD18: fc.bigInt(parseEther("1"), parseEther("100000")),
      bonus: fc.integer({ min: 0, max: 4_499 }),
      fee: fc.constantFrom(0, 250, 65_535),
      /** The price in 1/10,000 of what covers the debt exactly without a ratio. */
      worth: fc.bigInt(2_000n, 17_000n),
      /** What the liquidator pays at most, in 1/10,000 of the debt. */
      share: fc.bigInt(1n, 12_000n),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ decimals, units, dust, debtD18, bonus, fee, worth, share }) => {
        const unit = 10n ** BigInt(decimals);
        const amount = units * unit + (dust % unit);
        const collateral = await position(decimals, amount, debtD18, bonus, fee);
        const price = (debtD18 * worth * unit) / (amount * 10n ** 14n);
        if (price > 0n) {
          await feed.getFunction("set")(1, price, await now());
          reader = open(); // after a revert the same address is another token
          await compare(collateral, price, (debtD18 * share) / 10_000n, seen);
        }
        await rpc.request("evm_revert", [clean]);
        clean = await rpc.request<string>("evm_snapshot", []);
      }),
      { seed, numRuns: runs, examples: named },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, what).to.be.above(0);
  });

  /** Liquidates in a block at the same second as what was read, so that no fee comes in between. */
  async function compare(collateral: string, price: bigint, maxD18: bigint, seen: Record<string, number>): Promise<void> {
    const at = await reader.newest();
    const [pool] = (await reader.pools(at)).filter((each) => each.collateral === collateral);
    const [holding] = await reader.positions(at, [{ collateral, account: debtor }]);
    if (!pool || !holding) throw new Error("the vault has the position");
    expect(pool.price).to.equal(price);
    const terms: Terms = pool.terms;
    const data = vaultAbi.encodeFunctionData("liquidate", [collateral, debtor, maxD18]);
    const request = { from: owner, to: reader.address, data, gas: gasLimit };
    const answer = await rpc.request<string>("eth_call", [request, { blockHash: at.hash }]).catch((error: unknown) => {
      const reason = revertData(error);
      if (reason === undefined) throw error;
      return reason;
    });
    if (covered(holding, terms.decimals, price, terms.liquidationRatioBps)) {
      expect(healthy.parseError(answer)?.name).to.equal("PositionHealthy");
      seen["healthy"] = (seen["healthy"] ?? 0) + 1;
      return;
    }
    const said = seize(holding, terms, price, maxD18);
    const [repaidD18, seized] = vaultAbi.decodeFunctionResult("liquidate", answer) as unknown as [bigint, bigint];
    expect({ repaidD18, seized }).to.deep.equal({ repaidD18: said.repaidD18, seized: said.seized });
    const what = said.lossD18 > 0n ? "lost" : said.leftD18 > 0n ? "partial" : said.seized === holding.amount ? "shrunk" : "whole";
    seen[what] = (seen[what] ?? 0) + 1;
    await rpc.request("evm_setNextBlockTimestamp", [`0x${at.timestamp.toString(16)}`]);
    const hash = await rpc.request<string>("eth_sendTransaction", [request]);
    const { logs } = await rpc.request<{ logs: { topics: string[]; data: string }[] }>("eth_getTransactionReceipt", [hash]);
    const loss = logs.flatMap((log) => (liquidated.parseLog(log)?.args[5] as bigint | undefined) ?? []);
    expect(loss).to.deep.equal([said.lossD18]);
    const [left] = await reader.positions(await reader.newest(), [{ collateral, account: debtor }]);
    expect(left?.amount).to.equal(holding.amount - said.seized);
    const rounding = (left?.debtD18 ?? 0n) - said.leftD18;
    expect(rounding >= 0n && rounding <= 2n, `${rounding} more are owed`).to.equal(true);
  }
});
