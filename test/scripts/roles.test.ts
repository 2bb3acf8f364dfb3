// The roles as the real Ignition modules leave them, and as the handover does: the whole table, every step interrupted once, and
// what the roles then mean. What is wanted is written out here and read from no module: a line that is lost there shows here.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseEther, type Signer } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { deployCast } from "../../scripts/deployment/cast.ts";
import { deploy } from "../../scripts/deployment/deploy.ts";
import { HandoverRefused, handOver, isHandedOver, signerDelaySeconds } from "../../scripts/deployment/handover.ts";
import { readRoles, type RoleTable } from "../../scripts/deployment/roles.ts";
import { Account, Vault, Vote, warpTo } from "../../src/cast/index.ts";
import { type CastContracts, type Deployment, ProviderRpc, readDeployment } from "../../src/chain/index.ts";
import { Secret } from "../../src/secret.ts";
import { openSqliteStore } from "../../src/store/index.ts";
import { accountOptions, wallet } from "../src/cast/world.ts";

const [deployer, , , guardian, signerAdmin, curator, stranger] = Array.from({ length: 7 }, (_, at) => wallet(at).address) as [
  ...[string, string, string, string, string, string, string],
];
const successors = { guardian, signerAdmin, curator };

const stopVouchers = (contract: string) => [`${contract}.revokeSigner(address)`, `${contract}.cancel(uint256,uint256)`];
const functions: Readonly<Record<string, readonly string[]>> = {
  admin: [],
  signerAdmin: ["VoucherMinter", "EditionMinter", "CastMinter"].map((contract) => `${contract}.grantSigner(address)`),
  guardian: [
    ...["VoucherMinter", "EditionMinter", "CastMinter"].flatMap(stopVouchers),
    "ProvenPrices.freeze(bytes32)",
    "ProvenPrices.removeSources(uint64,bytes32)",
    "ProvenPrices.dropPrice(uint64)",
    "CollateralVault.pause(address)",
  ],
  curator: [
    "VoucherMinter.setBaseURI(string)",
    "VoucherMinter.setRoyalty(address,uint96)",
    "EditionMinter.setURI(string)",
    "EditionMinter.setRoyalty(address,uint96)",
  ],
  governor: [
    "ProvenPrices.register((bytes32,bytes32,bytes32,bytes32,bytes32,bytes32),address)",
    "ProvenPrices.activate(bytes32)",
    "ProvenPrices.deprecate(bytes32,uint40)",
    "ProvenPrices.setTerms(uint64,(uint8,uint16,uint16,uint16))",
    "ProvenPrices.setSources(uint64,bytes32,uint256)",
    "CollateralVault.addCollateral(address,(uint64,uint16,uint16,uint16,uint16,uint40,uint24))",
    "CollateralVault.setRatio(address,uint16)",
    "CollateralVault.setLimits(address,uint40,uint24)",
    "CollateralVault.setCharges(address,uint16,uint16)",
    "CollateralVault.setMaxPriceAge(address,uint16)",
    "CollateralVault.unpause(address)",
    "CollateralVault.pauseFor(address,uint32)",
    "CollateralVault.collectFees(address)",
  ],
};

describe("Roles", function () {
  this.timeout(120_000);
  let connection: NetworkConnection;
  let directory: string;
  let deployment: Deployment;
  let cast: CastContracts;
  let rpc: ProviderRpc;

  const accounts: Account[] = [];
  const open = <A extends Account>(account: A): A => {
    accounts.push(account);
    return account;
  };
  const account = (index: number) => open(new Account(rpc, new Secret(wallet(index).privateKey), accountOptions));
  const closeAccounts = () => Promise.all(accounts.splice(0).map((each) => each.close()));
  const table = () => readRoles(rpc, deployment);
  const errorOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined).catch((error: unknown) => error);
  const signer = (address: string): Promise<Signer> => connection.ethers.getSigner(address);
  const managerAs = async (address: string) =>
    connection.ethers.getContractAt("AccessManager", deployment.contracts.AccessManager.address, await signer(address));
  const minterAs = async (address: string) =>
    connection.ethers.getContractAt("VoucherMinter", deployment.contracts.VoucherMinter.address, await signer(address));
  const vaultAs = async (address: string) =>
    connection.ethers.getContractAt("CollateralVault", cast.CollateralVault.address, await signer(address));
  const pricesAs = async (address: string) =>
    connection.ethers.getContractAt("ProvenPrices", cast.ProvenPrices.address, await signer(address));

  before(async () => {
    connection = await network.create();
    directory = await mkdtemp(join(tmpdir(), "mintd-roles-"));
    const options = { directory, network: "roles", signer: wallet(1).address };
    await deploy(connection, options);
    await deployCast(connection, options);
    deployment = await readDeployment(directory, "roles");
    cast = deployment.cast as CastContracts;
    rpc = new ProviderRpc(connection.provider);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  let clean: string;
  beforeEach(async () => {
    clean = await rpc.request<string>("evm_snapshot", []);
  });
  afterEach(async () => {
    await closeAccounts();
    await rpc.request("evm_revert", [clean]);
  });

  /** Who holds what, as lines that can be compared whole. */
  const holders = ({ roles, timelock }: RoleTable) => ({
    ...Object.fromEntries(
      roles.map(({ name, id, holders: all }) => [
        name ?? id.toString(),
        all.map((each) => `${each.name ?? each.account}${each.delaySeconds > 0 ? ` after ${each.delaySeconds} s` : ""}`).sort(),
      ]),
    ),
    ...Object.fromEntries(timelock.map(({ role, holders: all }) => [role, all.map((each) => each.name ?? each.account)])),
  });
  const callable = ({ roles }: RoleTable) =>
    Object.fromEntries(
      roles.map(({ name, id, functions: all }) => [name ?? id.toString(), all.map((each) => `${each.contract}.${each.function}`)]),
    );
  const ofTimelock = {
    DEFAULT_ADMIN_ROLE: ["TimelockController"],
    PROPOSER_ROLE: ["MintGovernor"],
    CANCELLER_ROLE: ["MintGovernor"],
    EXECUTOR_ROLE: ["anybody"],
  };
  const handedOver = {
    ...{ admin: ["TimelockController"], governor: ["TimelockController"] },
    ...{ guardian: [guardian], signerAdmin: [`${signerAdmin} after ${signerDelaySeconds} s`], curator: [curator] },
    ...ofTimelock,
  };

  it("are the deployer's after the deployment, beside the timelock's, and say of each restricted function who may call it", async () => {
    const seen = await table();
    expect(holders(seen)).to.deep.equal({
      ...{ admin: ["deployer"], signerAdmin: ["deployer"], guardian: ["deployer"], curator: ["deployer"] },
      governor: ["TimelockController", "deployer"],
      ...ofTimelock,
    });
    for (const [role, may] of Object.entries(functions)) expect(callable(seen)[role], role).to.have.members(may);
    expect(Object.keys(callable(seen))).to.have.members(Object.keys(functions));
    expect(isHandedOver(seen, deployment)).to.equal(false);
  });

  it("are of every function that the contracts restrict", async () => {
    const root = join(import.meta.dirname, "../..");
    const sources = await Promise.all(globSync("contracts/**/*.sol", { cwd: root }).map((file) => readFile(join(root, file), "utf8")));
    const restricted = sources.flatMap((source) =>
      [...source.matchAll(/function (\w+)\([^)]*\)[^{};]*\brestricted\b/g)].map(([, name]) => name),
    );
    const listed = Object.values(functions).flat().map((each) => /\.(\w+)/.exec(each)?.[1]); // prettier-ignore
    expect(restricted).to.have.length.above(20);
    expect([...new Set(listed)]).to.have.members([...new Set(restricted)]);
  });

  it("go to the timelock and the successors, and leave the deployer nothing", async () => {
    const said: string[] = [];
    const { done, table: after } = await handOver(account(0), deployment, successors, (words) => said.push(words));
    expect(said).to.deep.equal(done);
    expect(done).to.have.length(10);
    expect(done[0]).to.contain("admin granted");
    expect(done.at(-1)).to.contain("admin no more");
    expect(holders(after)).to.deep.equal(handedOver);
    for (const [role, may] of Object.entries(functions)) expect(callable(after)[role], role).to.have.members(may);
    expect(isHandedOver(after, deployment)).to.equal(true);
    expect((await handOver(account(0), deployment, successors)).done).to.deep.equal([]);
  });

  /** An account that dies instead of sending its `at`-th call. */
  class Dying extends Account {
    left = 0;
    override async send(...sent: Parameters<Account["send"]>) {
      if (this.left-- === 0) throw new Error("killed");
      return super.send(...sent);
    }
  }

  it("are handed over in the end, wherever it was stopped, and are never nobody's", async () => {
    for (let stop = 0; stop < 10; stop++) {
      const before = await rpc.request<string>("evm_snapshot", []);
      const dying = open(new Dying(rpc, new Secret(wallet(0).privateKey), accountOptions));
      dying.left = stop;
      expect(await errorOf(handOver(dying, deployment, successors))).to.have.property("message", "killed");
      for (const { name, holders: all } of (await table()).roles) expect(all, `${name} after ${stop}`).to.not.deep.equal([]);
      expect((await handOver(account(0), deployment, successors)).done).to.have.length(10 - stop);
      expect(holders(await table()), `stopped after ${stop}`).to.deep.equal(handedOver);
      await closeAccounts(); // a record is of one chain, which does not go back
      await rpc.request("evm_revert", [before]);
    }
  });

  it("are handed over by what is sent then, not by what an earlier run left and somebody took back", async () => {
    const overOneStore = () => {
      const openStore = () => openSqliteStore({ path: join(directory, "left.db") });
      return open(new Account(rpc, new Secret(wallet(0).privateKey), { ...accountOptions, openStore }));
    };
    const manager = await managerAs(deployer);
    const data = manager.interface.encodeFunctionData("grantRole", [2n, guardian, 0]);
    await overOneStore().broadcast({ to: deployment.contracts.AccessManager.address, data });
    await closeAccounts(); // cut off: nobody was told of its end
    await manager.revokeRole(2n, guardian);
    expect(holders((await handOver(overOneStore(), deployment, successors)).table)).to.deep.equal(handedOver);
  });

  it("are not handed over where somebody else has one, or to who must not have one", async () => {
    const refused = async (changes: object, words: string, sender = 0) => {
      const error = await errorOf(handOver(account(sender), deployment, { ...successors, ...changes }));
      expect(error, words).to.be.instanceOf(HandoverRefused).with.property("message").that.contains(words);
    };
    await refused({ guardian: deployer }, "which is the deployer");
    await refused({ curator: cast.TimelockController.address }, "of the vote");
    await refused({}, "as well", 6);
    const manager = await managerAs(deployer);
    for (const role of [0n, 2n, 77n]) {
      await manager.grantRole(role, stranger, 0);
      await refused({}, `${stranger} has`);
      await manager.revokeRole(role, stranger);
    }
    const timelock = await connection.ethers.getContractAt("TimelockController", cast.TimelockController.address);
    await connection.networkHelpers.impersonateAccount(cast.TimelockController.address);
    await connection.networkHelpers.setBalance(cast.TimelockController.address, parseEther("1"));
    await timelock.connect(await signer(cast.TimelockController.address)).grantRole(await timelock.PROPOSER_ROLE(), stranger);
    await refused({}, "PROPOSER_ROLE of the timelock is held by");
    expect((await table()).roles.find(({ name }) => name === "admin")?.holders).to.have.length(1);
  });

  it("cannot be changed by the former deployer, not even to other successors", async () => {
    await handOver(account(0), deployment, successors);
    const manager = await managerAs(deployer);
    await expect(manager.grantRole(4n, deployer, 0)).to.be.revertedWithCustomError(manager, "AccessManagerUnauthorizedAccount");
    const vault = await vaultAs(deployer);
    for (const call of [vault.setRatio(cast.WETH.address, 13_500), vault.pause(cast.WETH.address)]) {
      await expect(call).to.be.revertedWithCustomError(vault, "AccessManagedUnauthorized");
    }
    expect(await errorOf(handOver(account(0), deployment, { ...successors, curator: stranger })))
      .to.be.instanceOf(HandoverRefused)
      .with.property("message")
      .that.contains(`${curator} has curator as well`);
  });

  it("let the guardian stop and nothing else, and cancel what the signer admin announces", async () => {
    await handOver(account(0), deployment, successors);
    const [vault, prices] = [await vaultAs(guardian), await pricesAs(guardian)];
    await vault.pause(cast.WETH.address);
    await prices.dropPrice(1n);
    await expect(vault.unpause(cast.WETH.address)).to.be.revertedWithCustomError(vault, "AccessManagedUnauthorized");
    const minter = await minterAs(signerAdmin);
    const manager = await managerAs(signerAdmin);
    const call = minter.interface.encodeFunctionData("grantSigner", [stranger]);
    await expect(minter.grantSigner(stranger)).to.be.revertedWithCustomError(manager, "AccessManagerNotScheduled");
    await manager.schedule(minter, call, 0);
    await (await managerAs(guardian)).cancel(signerAdmin, minter, call);
    await manager.schedule(minter, call, 0);
    await connection.networkHelpers.time.increase(signerDelaySeconds);
    await minter.grantSigner(stranger);
    expect(await minter.isSigner(stranger)).to.equal(true);
  });

  it("let a vote change a ratio, and who has a role, when the deployer has none", async () => {
    await handOver(account(0), deployment, successors);
    const vote = new Vote(rpc, cast, deployment.block);
    const vault = new Vault(rpc, cast);
    const [pool] = await vault.pools(await vault.newest());
    if (!pool) throw new Error("the vault has no collateral");
    const manager = await managerAs(deployer);
    const revoke = {
      to: deployment.contracts.AccessManager.address,
      data: manager.interface.encodeFunctionData("revokeRole", [2n, guardian]),
    };
    const ratio = vote.ratioMotion(pool, 13_500n);
    const warp = (to: bigint) => warpTo(rpc, to);
    await vote.stake(account(0), parseEther("2500000"));
    await warp((await vault.newest()).timestamp + 1n);
    const { id, tried } = await vote.propose(account(0), { ...ratio, calls: [...ratio.calls, revoke] });
    expect(tried).to.equal(2);
    await vote.vote(account(0), await vote.ready(id, "voted on", warp), "for");
    await vote.queue(account(0), await vote.ready(id, "queued", warp));
    await vote.execute(account(0), await vote.ready(id, "executed", warp));
    const [changed] = await vault.pools(await vault.newest());
    expect(changed?.terms).to.include({ ratioBps: 13_500n });
    expect(holders(await table())).to.deep.equal({ ...handedOver, guardian: [] });
  });
});
