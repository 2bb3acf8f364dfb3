import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anvil } from "../anvil.ts";
import { listOf } from "../src/mintd/world.ts";
import { Hardhat } from "./hardhat.ts";

const secret = "sk-0123456789abcdef";
/** Nobody listens there. */
const down = `http://127.0.0.1:1/${secret}`;

describe("The tasks over several endpoints", function () {
  this.timeout(120_000);
  let anvil: Anvil;
  let elsewhere: Anvil;
  let home: string;
  const runs: Hardhat[] = [];
  const rows = listOf(20);

  /** The node under two names, and whatever else is given. */
  function hardhat(...more: readonly string[]): Hardhat {
    const run = new Hardhat({
      MINTD_HOME: home,
      MINTD_LOCAL_PORT: String(anvil.port),
      MINTD_RPC_TIMEOUT_MS: "2000",
      MINTD_RPC_MORE_URLS: [`http://localhost:${anvil.port}/?key=${secret}`, ...more].join(),
    });
    runs.push(run);
    return run;
  }

  before(async () => {
    anvil = await Anvil.start({ blockTime: 0.1 });
    elsewhere = await Anvil.start({ chainId: 1 });
    home = await mkdtemp(join(tmpdir(), "mintd-endpoints-"));
    const list = rows.map(({ id, to, quantity }) => `${id},${to},${quantity}`);
    await writeFile(join(home, "list.csv"), ["id,to,quantity", ...list, ""].join("\n"));
    const { code, stderr } = await hardhat(down).run("deploy", "--network", "local");
    expect(code, stderr).to.equal(0);
  });

  after(async () => {
    for (const run of runs) run.end();
    await Promise.all([anvil.kill(), elsewhere.kill()]);
    await rm(home, { recursive: true, force: true });
  });

  it("mint and prove, with one endpoint down all the time, and end by themselves", async () => {
    const tasks = hardhat(down);
    const minted = await tasks.follow("mint:list", join(home, "list.csv"), "--network", "local", "--json").ended;
    expect(minted.stderr, "told of once").to.contain("127.0.0.1:1: ").and.not.contain(secret);
    expect(minted.json).to.include({ minted: 20, final: 20 });
    const proved = await tasks.follow("mint:verify", join(home, "list.csv"), "--network", "local", "--json").ended;
    expect(proved.json).to.include({ ok: true, minted: 20 });
  });

  it("refuse an endpoint of another chain, naming its host: CHAIN_MISMATCH", async () => {
    const run = await hardhat(`http://127.0.0.1:${elsewhere.port}/?key=${secret}`).run(
      "mint:verify",
      join(home, "list.csv"),
      "--network",
      "local",
    );
    expect(run.stderr).to.contain("CHAIN_MISMATCH").and.contain(`127.0.0.1:${elsewhere.port}`).and.not.contain(secret);
    expect(run.code).to.equal(1);
  });

  it("refuse a URL that is none, naming its place: INVALID_RPC_URL", async () => {
    const run = await hardhat(`nonsense-${secret}`).run("nonce:show", "--network", "local");
    expect(run.stderr).to.contain("INVALID_RPC_URL").and.contain("URL 2 ").and.not.contain(secret);
    expect(run.code).to.equal(1);
  });
});
