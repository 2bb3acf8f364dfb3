import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Anvil } from "../anvil.ts";
import { wallet } from "../src/cast/world.ts";
import { Hardhat } from "./hardhat.ts";

/** What the roles are and become is tested in test/scripts/roles.test.ts; here, that the tasks show and do it. */
describe("The tasks over roles", function () {
  this.timeout(300_000);
  let local: Anvil;
  let abroad: Anvil;
  let home: string;
  let hardhat: Hardhat;
  const run = (network: string, ...args: readonly string[]) => hardhat.run(...args, "--network", network);

  before(async () => {
    [local, abroad, home] = await Promise.all([
      Anvil.start({ blockTime: 0.1 }),
      Anvil.start({ chainId: 11_155_111 }),
      mkdtemp(join(tmpdir(), "mintd-roles-")),
    ]);
    const sepolia = { SEPOLIA_RPC_URL: abroad.url, SEPOLIA_PRIVATE_KEY: wallet(0).privateKey };
    hardhat = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(local.port), ...sepolia });
    // One after the other: two processes that compile at once race for Hardhat's cache of compilations.
    for (const deployed of [await run("local", "deploy", "--cast", "--json"), await run("sepolia", "deploy", "--json")]) {
      expect(deployed.json).to.include({ deployed: true });
    }
  });

  after(async () => {
    hardhat.end();
    await Promise.all([local.kill(), abroad.kill()]);
    await rm(home, { recursive: true, force: true });
  });

  it("end with 1 on a public network while the deployer has any, and with 0 on a local one", async () => {
    const [here, there] = await Promise.all([run("local", "roles:show"), run("sepolia", "roles:show", "--json")]);
    expect(here.stdout)
      .to.match(/0 admin\s+│ 0x[0-9a-fA-F]{40} deployer/)
      .and.contain("CollateralVault.setRatio");
    expect(here.stdout).to.contain("the deployer has roles");
    expect(here.code, here.stderr).to.equal(0);
    expect(there.json).to.include({ handedOver: false }).and.to.deep.include({ timelock: [] });
    expect(there.code, there.stderr).to.equal(1);
  });

  it("hand them over once", async () => {
    const [guardian, signerAdmin, curator] = [3, 4, 5].map((index) => wallet(index).address) as [string, string, string];
    const named = ["--guardian", guardian, "--signer-admin", signerAdmin];
    const [unnamed, early] = await Promise.all([
      run("local", "roles:handover", ...named, "--json"),
      run("sepolia", "roles:handover", ...named, "--curator", curator, "--json"),
    ]);
    expect(unnamed.json["error"]).to.include({ code: "INVALID_ARGUMENT" }).and.property("message").contains("--curator");
    expect(early.json["error"]).to.include({ code: "CAST_NOT_DEPLOYED" });
    const given = await run("local", "roles:handover", ...named, "--curator", curator, "--json");
    expect(given.json["done"]).to.have.length(10);
    const [again, shown] = await Promise.all([
      run("local", "roles:handover", ...named, "--curator", curator, "--json"),
      run("local", "roles:show", "--json"),
    ]);
    expect(again.json).to.deep.include({ done: [] });
    expect(shown.json).to.include({ handedOver: true });
    const other = await run("local", "roles:handover", ...named, "--curator", wallet(6).address, "--json");
    expect(other.json["error"]).to.include({ code: "HANDOVER_REFUSED" }).and.property("message").contains(curator);
  });
});
