import { expect } from "chai";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentSetup, type Setup } from "../../scripts/ceremony/setup.ts";
import { aggregationOf } from "../../scripts/circuits/compile.ts";
import { deploymentFile, readDeployment } from "../../src/chain/index.ts";
import { developmentSources, fileText, signQuote } from "../../src/price/index.ts";
import { circuitNamed, keyFor, type PriceContext, sourcesFor } from "../../tasks/price-context.ts";
import { Anvil } from "../anvil.ts";
import { Hardhat, type Run } from "./hardhat.ts";

function expectRefusal(run: Run, code: string, ...words: readonly string[]): void {
  for (const each of [`${code}: `, ...words]) expect(run.stderr).to.contain(each);
  expect(run.stderr + run.stdout).to.not.contain("\n    at ");
  expect(run.code).to.equal(1);
}

describe("The tasks of proven prices", function () {
  this.timeout(300_000);
  let anvil: Anvil;
  let home: string;
  let hardhat: Hardhat;
  let setup: Setup;
  const path = (name: string): string => join(home, name);
  const local = (name: string, ...args: readonly string[]) => hardhat.run(name, ...args, "--network", "local");
  const circuit = ["--circuit", "price3"] as const;
  const prove = (prices: string, out: string, ...more: readonly string[]) =>
    local("price:prove", ...circuit, "--prices", prices, "--out", path(out), "--json", ...more);

  before(async () => {
    anvil = await Anvil.start({ blockTime: 0.1 });
    home = await mkdtemp(join(tmpdir(), "mintd-price-tasks-"));
    hardhat = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port) });
    const [deployed, made] = await Promise.all([local("deploy", "--cast", "--json"), developmentSetup(aggregationOf(3))]);
    setup = made;
    expect(deployed.json).to.include({ deployed: true });
    await anvil.rpc.request("evm_setIntervalMining", [1]); // so that 300 blocks are minutes
  });

  after(async () => {
    hardhat.end();
    await anvil.kill();
    await rm(home, { recursive: true, force: true });
  });

  it("deploy the contracts of cast tokens once, and name what is missing before they cost gas", async () => {
    const elsewhere = await Anvil.start({ chainId: 11_155_111 });
    const key = `0x${"1".repeat(64)}`;
    const sepolia = new Hardhat({ MINTD_HOME: path("public"), SEPOLIA_RPC_URL: elsewhere.url, SEPOLIA_PRIVATE_KEY: key });
    const before = await readFile(deploymentFile(path("deployments"), "local"), "utf8");
    try {
      const [again, unwrapped] = await Promise.all([
        local("deploy", "--cast", "--json"),
        sepolia.run("deploy", "--cast", "--network", "sepolia"),
      ]);
      expect(again.json).to.include({ deployed: false });
      expect(await readFile(deploymentFile(path("deployments"), "local"), "utf8")).to.equal(before);
      expectRefusal(unwrapped, "WETH_MISSING", "--weth");
      expect(await elsewhere.rpc.request("eth_blockNumber", [])).to.equal("0x0");
    } finally {
      await elsewhere.kill();
    }
  });

  it("refuse to prove or compare what is not registered", async () => {
    const [unproven, unverified, wrong] = await Promise.all([
      prove("1,1,1", "none.json"),
      local("circuit:verify", ...circuit),
      local("circuit:verify", "--circuit", "price4"),
    ]);
    expect(unproven.json["error"]).to.include({ code: "CIRCUIT_NOT_REGISTERED" });
    expectRefusal(unverified, "CIRCUIT_NOT_REGISTERED", "npx hardhat circuit:register --circuit price3");
    expectRefusal(wrong, "INVALID_ARGUMENT", "--circuit", "price21");
  });

  it("take development keys and sources on local chains alone", async () => {
    const abroad = { context: { network: "sepolia" }, local: false } as unknown as PriceContext;
    const price3 = circuitNamed("price3");
    const sources = path("sources.json");
    await writeFile(sources, fileText(developmentSources(3).map(({ key }) => key)));
    const refusals = await Promise.all(
      [
        () => keyFor(abroad, price3, setup.folder),
        () => keyFor(abroad, price3, ""),
        () => sourcesFor(abroad, price3, sources),
        () => sourcesFor(abroad, price3, ""),
      ].map((take) =>
        Promise.resolve()
          .then<unknown>(take)
          .catch((error: unknown) => (error as { code?: string }).code),
      ),
    );
    expect(refusals).to.deep.equal(["DEVELOPMENT_KEY", "INVALID_ARGUMENT", "DEVELOPMENT_SOURCES", "INVALID_ARGUMENT"]);
  });

  it("register a circuit with its sources once", async () => {
    const first = await local("circuit:register", ...circuit, "--json");
    const steps = ["verifier deployed", "circuit registered", "circuit activated", "terms set", "sources set"];
    expect(first.json["done"]).to.deep.equal(steps);
    expect(first.json).to.include({ development: true });
    const [again, weak] = await Promise.all([
      local("circuit:register", ...circuit, "--folder", setup.folder, "--sources", path("sources.json"), "--json"),
      local("circuit:register", ...circuit, "--quorum", "1"),
    ]);
    expect(again.json).to.deep.include({ id: first.json["id"], done: [] });
    expectRefusal(weak, "INVALID_ARGUMENT", "--quorum", "2 to 3");
    const { circuits } = await readDeployment(path("deployments"), "local");
    expect(circuits?.["price3"]).to.include({ id: first.json["id"], verifyingKey: setup.transcript.verifyingKey });
  });

  it("prove a price, bring it on chain once, and show it", async () => {
    const proven = await prove("2000.10,2000.20,1999.90", "report.json");
    expect(proven.json).to.include({ price: "2000.1", sources: 3, deviationPercent: 0.015 });
    expect(proven.json["backend"]).to.be.oneOf(["native", "snarkjs"]);
    const posted = await local("price:submit", path("report.json"), "--json");
    expect(posted.json).to.include({ price: "2000.1" });
    expect(Number(posted.json["gasUsed"])).to.be.within(200_000, 255_000);
    const report = JSON.parse(await readFile(path("report.json"), "utf8")) as Record<string, unknown>;
    await writeFile(path("elsewhere.json"), JSON.stringify({ ...report, chainId: 1 }));
    const [again, elsewhere, shown] = await Promise.all([
      local("price:submit", path("report.json")),
      local("price:submit", path("elsewhere.json")),
      local("price:show", "--json"),
    ]);
    expectRefusal(again, "REPORT_REJECTED", "0x23, NOT_NEWER");
    expectRefusal(elsewhere, "REPORT_FOR_ELSEWHERE", "chain 1");
    expect(shown.json).to.deep.include({
      price: "2000.1",
      terms: { quorum: 2, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 300 },
    });
    expect(shown.json["ageSeconds"]).to.be.within(0, 60);
  });

  it("refuse quotes that give no price, each with its code, and a report that was altered", async () => {
    const report = JSON.parse(await readFile(path("report.json"), "utf8")) as { proof: string[]; packed: string };
    const { number, timestamp } = await anvil.rpc.request<{ number: string; timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
    const forged =
      ((BigInt(report.packed) >> 118n) << 118n) |
      (BigInt(timestamp) << 78n) |
      (60n << 62n) |
      (50n << 48n) |
      (2n << 40n) |
      (BigInt(number) - 1n);
    await writeFile(path("forged.json"), JSON.stringify({ ...report, packed: forged.toString() }));
    const old = developmentSources(3).map((signer) => signQuote(signer, 1n, 200_000_000_000n, Number(timestamp) - 600));
    await writeFile(path("old.json"), fileText(old));
    const [apart, silent, unproven] = await Promise.all([
      prove("2000,2010,2000", "none.json"),
      prove(",2000,", "none.json"),
      local("price:submit", path("forged.json")),
    ]);
    expect(apart.json["error"]).to.include({ code: "DEVIATION_TOO_LARGE" });
    expect(silent.json["error"]).to.include({ code: "QUORUM_NOT_REACHED" });
    expectRefusal(unproven, "REPORT_REJECTED", "0x27, PROOF_INVALID");
    const late = await local("price:prove", ...circuit, "--quotes", path("old.json"), "--out", path("none.json"));
    expectRefusal(late, "QUORUM_NOT_REACHED", "QUOTE_TOO_OLD");
  });

  it("compile a registered circuit from source and say where a ceremony differs", async () => {
    const tampered = path("tampered");
    await cp(setup.folder, tampered, { recursive: true });
    const transcript = await readFile(join(tampered, "transcript.json"), "utf8");
    await writeFile(join(tampered, "transcript.json"), transcript.replace('"format": 1', '"format": 1 '));
    await writeFile(join(tampered, "witness.wasm"), "another");
    const [same, other] = await Promise.all([
      local("circuit:verify", ...circuit, "--json"),
      local("circuit:verify", ...circuit, "--folder", tampered, "--json"),
    ]);
    expect(same.json).to.include({ ok: true, development: true, status: "active" });
    expect(same.code).to.equal(0);
    expect(other.json).to.include({ ok: false });
    const comparisons = other.json["comparisons"] as readonly { readonly what: string; readonly matches: boolean }[];
    expect(comparisons.filter(({ matches }) => !matches).map(({ what }) => what)).to.deep.equal([
      "witness program of the ceremony",
      "transcript",
      "manifest of the ceremony's files",
      "ceremony, by its transcript",
    ]);
    expect(other.code).to.equal(1);
  });
});
