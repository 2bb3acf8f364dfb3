import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anvil } from "../anvil.ts";
import { Hardhat } from "./hardhat.ts";

describe("clock:show", function () {
  this.timeout(180_000);
  let anvil: Anvil;
  let home: string;
  let hardhat: Hardhat;

  before(async () => {
    anvil = await Anvil.start({ blockTime: 1 });
    home = await mkdtemp(join(tmpdir(), "mintd-clock-"));
    hardhat = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port) });
  });

  after(async () => {
    hardhat.end();
    await anvil.kill();
    await rm(home, { recursive: true, force: true });
  });

  it("follows a local chain until hybrid vouchers may be issued, and shows its time beside the newest block's", async () => {
    const run = await hardhat.run("clock:show", "--network", "local");
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stderr).to.match(/^1 blocks seen, 1 of them in the window, bound -$/m);
    expect(run.stdout)
      .to.match(/hybrid vouchers may be issued .* yes/)
      .and.match(/error bound .* \d+ ms/);
    expect(run.stdout).to.match(/the same by the newest block alone .* -?[\d,]+ ms/);
  });

  it("is exact about it for machines", async () => {
    const { json, code } = await hardhat.run("clock:show", "--network", "local", "--json");
    expect(code).to.equal(0);
    expect(json).to.include({ network: "local", slotMs: 1_000, withinBound: true, sources: 0 });
    expect(json["boundMs"]).to.be.within(1, 500);
    expect(json["samples"]).to.be.at.least(8);
    const { nowMs, aheadOfSystemMs } = json as { nowMs: number; aheadOfSystemMs: number };
    expect(Math.abs(nowMs - aheadOfSystemMs - Date.now())).to.be.below(30_000);
    expect(Math.abs(aheadOfSystemMs)).to.be.below(3_000);
  });

  it("follows as many blocks as it is told, and says why they are not enough", async () => {
    const few = await hardhat.run("clock:show", "--blocks", "2", "--network", "local", "--json");
    expect(few.json).to.include({ blocks: 2, withinBound: false, doubt: "too few blocks" });
    expect(few.json).to.not.have.property("nowMs");
    expect(few.json["lastBlockAheadMs"]).to.be.a("number");
  });
});
