import { expect } from "chai";
import { join } from "node:path";
import { holdLock } from "../../src/sqlite/index.ts";
import { eventually } from "../eventually.ts";
import { Hardhat } from "./hardhat.ts";

describe("build", function () {
  this.timeout(120_000);
  const hardhat = new Hardhat({});
  after(() => {
    hardhat.end();
  });

  it("waits while another process builds in the same checkout, says so, and goes on then", async () => {
    const other = await turn();
    const building = hardhat.follow("build", "--no-tests", "--quiet");
    await eventually("it waits", () => building.stderr.includes("another process builds here") || undefined);
    other.close();
    const { code, stderr } = await building.ended;
    expect(code, stderr).to.equal(0);
  });
});

/** The right to build, as soon as no test's task has it. */
function turn() {
  return eventually("nobody builds", () => {
    try {
      return holdLock(join(process.cwd(), "cache", "build"));
    } catch {
      return undefined;
    }
  });
}
