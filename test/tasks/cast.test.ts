import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { id, Interface, parseEther } from "ethers";
import { writeDeployment } from "../../scripts/deployment/deploy.ts";
import { deposit, mint, Vote } from "../../src/cast/index.ts";
import { Anvil, freePort } from "../anvil.ts";
import { eventually } from "../eventually.ts";
import { CastWorld, wallet } from "../src/cast/world.ts";
import { Hardhat } from "./hardhat.ts";

/** The moves themselves are tested in test/src/cast; here, that the tasks hand over what they were given. */
describe("The tasks over the vault and the vote", function () {
  this.timeout(120_000);
  let world: CastWorld;
  let home: string;
  let hardhat: Hardhat;
  const run = (...args: readonly string[]) => hardhat.run(...args, "--network", "local");

  before(async () => {
    world = await CastWorld.begin();
    home = await mkdtemp(join(tmpdir(), "mintd-cast-"));
    await writeDeployment(join(home, "deployments"), world.deployment);
    hardhat = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(world.anvil.port) });
  });
  after(async () => {
    hardhat.end();
    await world.end();
    await rm(home, { recursive: true, force: true });
  });

  it("put ether in, and show the position and the pool", async () => {
    const opened = await run("cast:open", "--amount", "1.5", "--as", "3");
    expect(opened.code, opened.stderr).to.equal(0);
    expect(opened.stderr).to.contain(`as ${wallet(3).address}, account 3 of local`);
    expect(opened.stdout)
      .to.match(/deposit: 0x[0-9a-f]{64} in block \d+/)
      .and.match(/collateral .* 1\.5 WETH/);
    await mint(await world.move(3), parseEther("1000"));
    const shown = await run("pool:show", "--json");
    expect(shown.json["positions"]).to.have.length(1);
    expect((shown.json["positions"] as object[])[0]).to.include({
      account: wallet(3).address,
      ratioBps: "30000",
      liquidationPrice: "96666666667", // 145 % of the debt
    });
    expect(shown.json["surplusD18"]).to.equal("0");
  });

  it("let a contract mint so much in the account's name, and take that back", async () => {
    const minter = wallet(7).address;
    const allowance = async (amount: string) => {
      const approved = await run("cast:approve", "--amount", amount, "--minter", minter, "--as", "3");
      expect(approved.code, approved.stderr).to.equal(0);
      const abi = new Interface(["function mintAllowance(address account, address minter) view returns (uint256)"]);
      const data = abi.encodeFunctionData("mintAllowance", [wallet(3).address, minter]);
      return BigInt(await world.anvil.rpc.request<string>("eth_call", [{ to: world.contracts.CollateralVault.address, data }, "latest"]));
    };
    expect(await allowance("250.5")).to.equal(parseEther("250.5"));
    expect(await allowance("0")).to.equal(0n);
  });

  it("say why a mint is refused, and which arguments are none", async () => {
    const [uncovered, lane, amount] = await Promise.all([
      run("cast:mint", "--amount", "5000", "--as", "3", "--json"),
      run("cast:repay", "--as", "2", "--json"),
      run("cast:mint", "--amount", "1,5", "--json"),
    ]);
    expect([uncovered.code, lane.code, amount.code]).to.deep.equal([1, 1, 1]);
    expect(uncovered.json["error"]).to.include({ code: "CONTRACT_REFUSED" }).and.property("message").contains("InsufficientlyCovered");
    expect(lane.json["error"]).to.include({ code: "INVALID_ARGUMENT" }).and.property("message").contains("a lane of mintd");
    expect(amount.json["error"]).to.include({ code: "INVALID_ARGUMENT" });
  });

  it("go on after a kill between broadcast and receipt: the same command again mints once", async () => {
    const { rpc } = world.anvil;
    await deposit(await world.move(5), parseEther("2"));
    await world.closeAccounts();
    const mints = async (): Promise<number> => {
      const topics = [
        id("CastMinted(address,address,address,uint256,uint256)"),
        null,
        `0x${wallet(5).address.slice(2).toLowerCase().padStart(64, "0")}`,
      ];
      const filter = { address: world.vault.address, fromBlock: "0x0", toBlock: "latest", topics };
      return (await rpc.request<object[]>("eth_getLogs", [filter])).length;
    };
    const command = ["cast:mint", "--amount", "500", "--as", "5", "--json"];
    await rpc.request("evm_setAutomine", [false]);
    const killed = hardhat.follow(...command, "--network", "local");
    await eventually("it is in the pool", async () => {
      const { pending } = await rpc.request<{ pending: string }>("txpool_status", []);
      return Number(pending) > 0 || undefined;
    });
    killed.kill();
    const { code, stderr } = await killed.ended;
    expect(code).to.equal(null);
    expect(stderr).to.match(/mint: nonce 1, (0x[0-9a-f]{64}) is recorded/);
    await rpc.request("anvil_dropAllTransactions", []); // the node has it no more, the record has
    await rpc.request("evm_setAutomine", [true]);
    const again = await run(...command);
    expect(again.code, again.stderr).to.equal(0);
    const [, hash] = /mint: nonce 1, (0x[0-9a-f]{64})/.exec(stderr) ?? [];
    expect(again.json["transactions"]).to.have.length(1);
    expect((again.json["transactions"] as object[])[0]).to.include({ what: "mint", hash, earlier: true });
    expect(again.stderr).to.contain("of an earlier run is on record").and.contain("nothing is sent");
    expect(await mints()).to.equal(1);
    expect(again.json["position"]).to.include({ debtD18: parseEther("500").toString() });
  });

  it("send nothing from the one key that is also mintd's lane", async () => {
    const elsewhere = await Anvil.start({ chainId: 11_155_111 });
    const block = await elsewhere.rpc.request<{ hash: string }>("eth_getBlockByNumber", ["0x0", false]);
    const deployment = { ...world.deployment, network: "sepolia", chainId: 11_155_111, genesisHash: block.hash };
    await writeDeployment(join(home, "deployments"), deployment);
    const sepolia = new Hardhat({ MINTD_HOME: home, SEPOLIA_RPC_URL: elsewhere.url, SEPOLIA_PRIVATE_KEY: wallet(0).privateKey });
    try {
      const refused = await sepolia.run("cast:keeper", "--as", "0", "--json", "--network", "sepolia");
      expect(refused.json["error"], refused.stderr).to.include({ code: "INVALID_ARGUMENT" });
      expect(refused.json["error"]).to.have.property("hint").that.contains("admin, voucher signer, lane");
    } finally {
      sepolia.end();
      await elsewhere.kill();
    }
  });

  it("keep: one pass with --once, and its transactions to their end; else until told to end, with metrics", async () => {
    const port = String(await freePort());
    const running = hardhat.follow("cast:keeper", "--as", "4", "--metrics-port", port, "--json", "--network", "local");
    await mint(await world.move(3), parseEther("900"));
    await world.setPrice(1_800n);
    const { account } = await world.move(3);
    const [dear, none] = await Promise.all([
      run("cast:keeper", "--once", "--as", "3", "--min-gain", "10000", "--json"),
      run("cast:keeper", "--once", "--as", "3", "--min-gain", "much", "--json"),
    ]);
    expect((dear.json["events"] as { kind: string }[]).map(({ kind }) => kind)).to.deep.equal(["surveyed"]);
    expect(none.json["error"]).to.include({ code: "INVALID_ARGUMENT" });
    await eventually("the positions are read", () => running.events().find(({ kind }) => kind === "surveyed"));
    const [kept, shown] = await Promise.all([
      run("cast:keeper", "--once", "--as", "3", "--json"),
      hardhat.run("metrics:show", "--port", port),
    ]);
    expect(shown.stdout, shown.stderr)
      .to.contain("Keeper of positions")
      .and.match(/mintd_cast_keeper_positions .*\d.* positions/);
    running.interrupt();
    expect((await running.ended).code).to.equal(0);
    expect(kept.code, kept.stdout).to.equal(0);
    expect(kept.json).to.include({ account: account.address });
    expect((kept.json["events"] as { kind: string }[]).map(({ kind }) => kind)).to.deep.equal(["surveyed", "sent", "liquidated"]);
  });

  it("propose, and pass the time of a local chain for a vote", async () => {
    await new Vote(world.anvil.rpc, world.contracts, 0).stake(world.account(0), parseEther("2500000"));
    await world.anvil.mine();
    const proposed = await run("gov:propose", "--ratio", "eth=13500", "--json");
    const { id } = proposed.json["proposal"] as { id: string };
    const voted = await run("gov:vote", id, "--for", "--warp");
    expect(voted.code, voted.stderr).to.equal(0);
    expect(voted.stdout)
      .to.match(/state .* Active/)
      .and.contain("2500000 (100.00 %, 66.00 % needed)");
  });
});
