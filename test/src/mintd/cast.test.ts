import { expect } from "chai";
import { type Contract, ContractFactory, Interface, NonceManager, parseEther, Wallet } from "ethers";
import { readFile } from "node:fs/promises";
import { verifyList } from "../../../src/audit/index.ts";
import { castContracts, type CastContracts, type Deployment, MintLogReader } from "../../../src/chain/index.ts";
import { requestOf } from "../../../src/list/index.ts";
import { eventually } from "../../eventually.ts";
import { admin, minting, type Row, signers, voucherSigner, World } from "./world.ts";

const ETH = 1n;
/** A thousand cast tokens, in hundredths. */
const thousand = 100_000;

describe("mintd mints cast tokens", function () {
  this.timeout(120_000);
  let world: World;
  let deployment: Deployment;

  beforeEach(async () => {
    world = await World.begin();
    deployment = { ...world.deployment, cast: await deployCast(world) };
  });
  afterEach(() => world.end());

  it("once each, on the positions of their receivers, and proves it from the chain's logs", async () => {
    const rows = await covered(5);
    const report = await mint(rows);
    expect(report).to.include({ rows: 5, minted: 5, final: 5, rejected: 0 });
    expect(await mint(rows)).to.include({ accepted: 0, finalBefore: 5 });
    expect(await supply()).to.equal(5n * parseEther("1000"));
    expect(await proof(rows)).to.deep.include({ ok: true, minted: 5, duplicates: 0 });
  });

  it("and rejects what a position does not cover once its voucher is no more; the others of its batch are minted", async () => {
    const rows = (await covered(4)).map((row, i) => (i === 2 ? { ...row, quantity: 2 * thousand } : row));
    await using mintd = await world.open({ deployment, minter: "CastMinter" });
    await mintd.start();
    const minted = minting(mintd, rows);
    const refused = () => [...mintd.book.open()].some(({ kind }) => kind === "failed") || undefined;
    await world.anvil.mineWhile(Promise.race([minted, eventually("one is refused", refused)]));
    await world.anvil.rpc.request("evm_increaseTime", [300]);
    expect(await world.anvil.mineWhile(minted)).to.include({ rows: 4, minted: 3, final: 3, rejected: 1 });
    expect(await supply()).to.equal(3n * parseEther("1000"));
    expect((await proof(rows)).findings.map(({ id, kind }) => `${id} ${kind}`)).to.deep.equal(["row-3 missing"]);
  });

  const mint = (rows: readonly Row[]) => world.mint(rows, { deployment, minter: "CastMinter" });

  async function supply(): Promise<bigint> {
    const data = new Interface(["function totalSupply() view returns (uint256)"]).encodeFunctionData("totalSupply");
    return BigInt(await world.anvil.rpc.request<string>("eth_call", [{ to: castContracts(deployment).CastToken.address, data }, "latest"]));
  }

  function proof(rows: readonly Row[]) {
    const { CastMinter, CastToken } = castContracts(deployment);
    const reader = new MintLogReader(world.anvil.rpc, CastMinter.address, CastToken.address);
    const expected = rows.map((row) => ({ ...row, orderId: requestOf(row, "default").orderId }));
    return verifyList(each(expected), { rpc: world.anvil.rpc, reader, deployedAt: deployment.block });
  }

  /** Accounts with one ether, at 2,000, as collateral, who let the minter mint; a row of a thousand for each. */
  async function covered(count: number): Promise<Row[]> {
    const provider = world.provider;
    const { CollateralVault, CastMinter, WETH } = castContracts(deployment);
    const vault = new Interface(["function depositETH(address) payable", "function approveMinter(address,uint256)"]);
    const rows: Row[] = [];
    for (let i = 1; i <= count; i++) {
      const owner = Wallet.createRandom();
      await world.anvil.rpc.request("anvil_setBalance", [owner.address, `0x${parseEther("2").toString(16)}`]);
      const account = new NonceManager(owner.connect(provider));
      const to = CollateralVault.address;
      const gasLimit = 300_000;
      await account.sendTransaction({
        ...{ to, gasLimit, value: parseEther("1") },
        data: vault.encodeFunctionData("depositETH", [owner.address]),
      });
      const data = vault.encodeFunctionData("approveMinter", [CastMinter.address, parseEther("10000")]);
      await account.sendTransaction({ to, gasLimit, data });
      rows.push({ line: i + 1, id: `row-${i}`, to: owner.address, quantity: thousand, uri: WETH.address.toLowerCase() });
    }
    await world.anvil.mine();
    provider.destroy();
    return rows;
  }
});

async function* each<T>(rows: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* rows;
}

/** The vault and its minter under a price that the test sets; what the road does not ask for is left out of the chain. */
async function deployCast(world: World): Promise<CastContracts> {
  const provider = world.provider;
  const owner = new NonceManager(admin.connect(provider));
  const make = async (path: string, args: unknown[] = []): Promise<Contract> => {
    const file = new URL(`../../../${path}`, import.meta.url);
    const { abi, bytecode } = JSON.parse(await readFile(file, "utf8")) as { abi: []; bytecode: string };
    const contract = (await new ContractFactory(abi, bytecode, owner).deploy(...args, { gasLimit: 10_000_000 })) as Contract;
    await world.anvil.mine();
    return contract;
  };
  const manager = world.deployment.contracts.AccessManager.address;
  const weth = await make("artifacts/contracts/local/WrappedEther.sol/WrappedEther.json");
  const feed = await make("cache/test-artifacts/test/contracts/mocks/SettableFeed.sol/SettableFeed.json");
  const vault = await make("artifacts/contracts/vault/CollateralVault.sol/CollateralVault.json", [
    ...[manager, await feed.getAddress(), await weth.getAddress()],
    ...["Cast", "CAST"],
  ]);
  const minter = await make("artifacts/contracts/vault/CastMinter.sol/CastMinter.json", [manager, await vault.getAddress()]);
  const gasLimit = 1_000_000;
  const now = (await provider.getBlock("latest"))?.timestamp ?? 0;
  await vault.getFunction("addCollateral")(await weth.getAddress(), [ETH, 15_000, 1_000, 0, 60_000, 1_000_000, 100], { gasLimit });
  await feed.getFunction("set")(ETH, 2_000n * 10n ** 8n, now, { gasLimit });
  await minter.getFunction("nameCollateral")(await weth.getAddress(), { gasLimit });
  const data = signers.encodeFunctionData("grantSigner", [voucherSigner.address]);
  await owner.sendTransaction({ to: await minter.getAddress(), data, gasLimit });
  await world.anvil.mine();
  const record = (address: string) => ({ address, args: [], codeHash: `0x${"0".repeat(64)}` });
  const absent = record(`0x${"0".repeat(40)}`);
  const cast: CastContracts = {
    WETH: record(await weth.getAddress()),
    ProvenPrices: record(await feed.getAddress()),
    CollateralVault: record(await vault.getAddress()),
    CastToken: record((await vault.getFunction("cast").staticCall()) as string),
    CastMinter: record(await minter.getAddress()),
    ...{ GovernanceToken: absent, StakedVotes: absent, TimelockController: absent, MintGovernor: absent },
  };
  provider.destroy();
  return cast;
}
