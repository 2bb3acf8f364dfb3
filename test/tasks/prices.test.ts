import { expect } from "chai";
import { Contract, keccak256 } from "ethers";
import hre from "hardhat";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentSetup, type Setup } from "../../scripts/ceremony/setup.ts";
import { artifactsIn } from "../../scripts/circuits/artifacts.ts";
import { aggregationOf } from "../../scripts/circuits/compile.ts";
import { Account, newestBlock, Vote } from "../../src/cast/index.ts";
import { castContracts, HttpRpc, readDeployment, RpcRefused, RpcUnanswered } from "../../src/chain/index.ts";
import type { Clock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config/index.ts";
import { assetIdOf, developmentSources, fileText, packReport, type Quote, readReport, signQuote } from "../../src/price/index.ts";
import { blockAfter } from "../../src/price/keep/index.ts";
import { Secret } from "../../src/secret.ts";
import { askMetrics } from "../../src/telemetry/index.ts";
import { accountOf } from "../../tasks/accounts.ts";
import { closeAll } from "../../tasks/at-end.ts";
import { assertFor, ReportForElsewhere } from "../../tasks/price-submit.ts";
import { RpcRunner } from "../../tasks/rpc-runner.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { Anvil, freePort } from "../anvil.ts";
import { eventually } from "../eventually.ts";
import { accountOptions, wallet } from "../src/cast/world.ts";
import { valueOf } from "../src/telemetry/scraped.ts";
import { Hardhat, type Run } from "./hardhat.ts";
import { Tickers } from "./tickers.ts";

function expectRefusal(run: Run, code: string, ...words: readonly string[]): void {
  for (const each of [`${code}: `, ...words]) expect(run.stderr).to.contain(each);
  expect(run.stderr + run.stdout).to.not.contain("\n    at ");
  expect(run.code).to.equal(1);
}

describe("The tasks of proven prices", function () {
  this.timeout(600_000);
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
    await writeFile(path("sources.json"), fileText(developmentSources(3).map(({ key }) => key)));
    await anvil.rpc.request("evm_setIntervalMining", [1]); // so that 300 blocks are minutes
  });

  after(async () => {
    hardhat.end();
    await anvil.kill();
    await rm(home, { recursive: true, force: true });
  });

  it("name what is missing before it costs gas or time", async () => {
    const elsewhere = await Anvil.start({ chainId: 11_155_111 });
    const key = `0x${"1".repeat(64)}`;
    const sepolia = new Hardhat({ MINTD_HOME: path("public"), SEPOLIA_RPC_URL: elsewhere.url, SEPOLIA_PRIVATE_KEY: key });
    try {
      const [unwrapped, unproven, unwritten, unfinished] = await Promise.all([
        sepolia.run("deploy", "--cast", "--network", "sepolia"),
        prove("1,1,1", "none.json"),
        local("price:prove", ...circuit, "--out", path("nowhere/report.json")),
        local("circuit:register", ...circuit, "--folder", home),
      ]);
      expectRefusal(unwritten, "INVALID_ARGUMENT", "--out", "nowhere/report.json", "ENOENT");
      expectRefusal(unfinished, "CEREMONY_UNREADABLE", "transcript.json");
      expectRefusal(unwrapped, "WETH_MISSING", "--weth");
      expect(await elsewhere.rpc.request("eth_blockNumber", [])).to.equal("0x0");
      expect(unproven.json["error"]).to.include({ code: "CIRCUIT_NOT_REGISTERED" });
    } finally {
      sepolia.end();
      await elsewhere.kill();
    }
  });

  it("verify a circuit that is proposed, before the vote, and say where a proposal differs or registers none", async () => {
    const { prices } = await pricesHere();
    await local("gov:stake", "--amount", "2500000");
    const made = await local("circuit:register", ...circuit, "--max-delay", "3600", "--propose", "--json");
    expect(made.json, made.stderr).to.deep.include({ done: ["verifier deployed", "proposed"], tried: 4 });
    const { id } = made.json["proposal"] as { readonly id: string };
    const circuitId = String(made.json["id"]);
    const artifacts = artifactsIn(setup.folder, setup.transcript.sources);
    const altered = { ...artifacts, transcript: `0x${"7".repeat(64)}` };
    const verifier = await prices.getAddress(); // has code, and other
    const data = (name: string, ...args: readonly unknown[]): string =>
      prices.interface.encodeFunctionData(name as "register", args as never);
    const differing = await proposeByHand(
      data("register", { ...artifacts, r1cs: `0x${"8".repeat(64)}` }, verifier),
      data("register", altered, verifier),
      data("activate", circuitId),
      data("setSources", 1n, await prices.computeCircuitId(altered, keccak256(await codeAt(verifier))), 5n),
    );
    const none = await proposeByHand(data("activate", circuitId));
    const verify = (proposal: string, ...more: readonly string[]) => local("circuit:verify", ...circuit, "--proposal", proposal, ...more);
    const sources = ["--sources", path("sources.json")] as const;
    const [sound, told, refused, alone] = await Promise.all([
      verify(id, ...sources, "--json"),
      verify(differing, ...sources),
      verify(none, "--json"),
      local("circuit:verify", ...circuit, ...sources),
    ]);
    expect(sound.json, sound.stdout).to.deep.include({ ok: true, id: circuitId, status: "proposed", development: true });
    const comparisons = sound.json["comparisons"] as readonly { readonly what: string; readonly matches: boolean }[];
    expect(comparisons.map(({ what }) => what)).to.include.members([
      ...["constraint system, compiled from source", "verifier's code on the chain, made from the key", "sources' root, asset 4543560"],
    ]);
    expect(comparisons).to.have.lengthOf(11);
    const proposal = sound.json["proposal"] as { readonly others: readonly { readonly ofThisCircuit: boolean | null }[] };
    expect(proposal).to.include({ id, call: 1 });
    expect(proposal.others.map(({ ofThisCircuit }) => ofThisCircuit)).to.deep.equal([true, null, true]);
    expect(sound.code).to.equal(0);
    const rows = [...told.stdout.matchAll(/^│ (.+?) +│ DIFFERS /gm)].map(([, what]) => what);
    expect(rows, told.stdout + told.stderr).to.deep.equal([
      "transcript",
      "verifier's code on the chain, made from the key",
      "sources' root, asset 1",
    ]);
    expect(told.stdout).to.contain(`3. ProvenPrices.activate(${circuitId}) [ANOTHER circuit]\n4. ProvenPrices.setSources(1, `);
    expect(told.stdout).to.match(/^1\. ProvenPrices\.register\(.*\) \[ANOTHER circuit\]$/m);
    expect(told.code).to.equal(1);
    expect(refused.json["error"]).to.include({ code: "CIRCUIT_NOT_PROPOSED" });
    expectRefusal(alone, "INVALID_ARGUMENT", "--sources", "--proposal");
  });

  const codeAt = (address: string): Promise<string> => anvil.rpc.request<string>("eth_getCode", [address, "latest"]);

  /** A proposal of calls of ProvenPrices that mintd would not make. */
  async function proposeByHand(...calls: readonly string[]): Promise<string> {
    const deployment = await readDeployment(path("deployments"), "local");
    const contracts = castContracts(deployment);
    const account = new Account(anvil.rpc, new Secret(wallet(0).privateKey), accountOptions);
    try {
      const motion = { calls: calls.map((data) => ({ to: contracts.ProvenPrices.address, data })), description: "by hand" };
      return (await new Vote(anvil.rpc, contracts, deployment.block).propose(account, motion, true)).id;
    } finally {
      await account.close();
    }
  }

  it("register a circuit with its sources once, compile it from source and say where a ceremony differs", async () => {
    // An hour, as no test should depend on how long a proof takes.
    const first = await local("circuit:register", ...circuit, "--max-delay", "3600", "--json");
    const steps = ["verifier deployed", "circuit registered", "circuit activated", "terms set", "sources set"];
    expect(first.json["done"]).to.deep.equal(steps);
    expect(first.json).to.include({ development: true });
    const { circuits } = await readDeployment(path("deployments"), "local");
    expect(circuits?.["price3"]).to.include({ id: first.json["id"], verifyingKey: setup.transcript.verifyingKey });
    const tampered = await tamperedKey();
    const [again, other] = await Promise.all([
      local("circuit:register", ...circuit, "--folder", setup.folder, "--sources", path("sources.json"), "--json"),
      local("circuit:verify", ...circuit, "--folder", tampered, "--json"),
    ]);
    expect(again.json).to.deep.include({ id: first.json["id"], done: [] });
    expect(other.json).to.include({ ok: false, development: true, status: "active" });
    expect(other.json["cid"])
      .to.have.property("raw")
      .that.matches(/^bafkrei[a-z2-7]{52}$/);
    const comparisons = other.json["comparisons"] as readonly { readonly what: string; readonly matches: boolean }[];
    expect(comparisons).to.have.lengthOf(11);
    expect(comparisons.filter(({ matches }) => !matches).map(({ what }) => what)).to.deep.equal([
      "witness program of the ceremony",
      "transcript",
      "manifest of the ceremony's files",
      "ceremony, by its transcript",
    ]);
    expect(other.code).to.equal(1);
  });

  it("register no circuit, and prove nothing, that the asset's quorum does not fit", async () => {
    const { prices, admin, setTerms } = await pricesHere();
    const sentBefore = await anvil.rpc.request("eth_getTransactionCount", [admin, "latest"]);
    const [larger, other, same] = await Promise.all([
      local("circuit:register", "--circuit", "price7", "--quorum", "5"),
      local("circuit:register", ...circuit, "--deviation", "51"),
      local("circuit:register", ...circuit, "--deviation", "50", "--quorum", "2", "--json"),
    ]);
    expectRefusal(larger, "QUORUM_DOES_NOT_FIT", "is 2", "7 sources needs 4 to 7", "setTerms");
    expectRefusal(other, "TERMS_HELD", "deviation is 50, not 51", "setTerms");
    expect(same.json["done"]).to.deep.equal([]);
    expect(await anvil.rpc.request("eth_getTransactionCount", [admin, "latest"])).to.equal(sentBefore);
    const fitting = await newestBlock(anvil.rpc);
    try {
      await setTerms(1);
      const proven = await prove("2000.10,2000.20,1999.90", "minority.json");
      expect(proven.json["error"]).to.include({ code: "QUORUM_DOES_NOT_FIT" });
      const quorumAt = async (blockTag: string) => (await prices.termsOf(assetIdOf("ETH"), { blockTag })).quorum;
      expect([await quorumAt(fitting.hash), await quorumAt("latest")]).to.deep.equal([2n, 1n]);
    } finally {
      await setTerms(2);
    }
  });

  /** ProvenPrices, read as the tasks read it, and what its admin does by hand. */
  async function pricesHere() {
    const { cast } = await readDeployment(path("deployments"), "local");
    const to = cast?.ProvenPrices.address ?? "";
    const { abi } = await hre.artifacts.readArtifact("IProvenPrices");
    const prices = new Contract(to, abi, new RpcRunner(anvil.rpc)) as unknown as IProvenPrices;
    const [admin = ""] = await anvil.rpc.request<string[]>("eth_accounts", []);
    const setTerms = async (quorum: number): Promise<void> => {
      const terms = { quorum, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 3_600 };
      const data = prices.interface.encodeFunctionData("setTerms", [assetIdOf("ETH"), terms]);
      const hash = await anvil.rpc.request<string>("eth_sendTransaction", [{ from: admin, to, data }]);
      await eventually(
        "terms are set",
        async () => (await anvil.rpc.request<object | null>("eth_getTransactionReceipt", [hash])) ?? undefined,
      );
    };
    return { prices, admin, setTerms };
  }

  it("read the contract with the endpoints' own errors", async () => {
    const { prices } = await pricesHere();
    const gone = new HttpRpc({ url: "http://127.0.0.1:9", timeoutMs: 1_000 });
    const nowhere = prices.connect(new RpcRunner(gone));
    expect(await nowhere.termsOf(1n).catch((error: unknown) => error)).to.be.instanceOf(RpcUnanswered);
    const unset = prices.sourcesTerm(1n, `0x${"0".repeat(64)}`);
    expect(await unset.catch((error: unknown) => error)).to.be.instanceOf(RpcRefused);
  });

  it("wait for a block after what the sources signed, and for nobody else", async () => {
    const signers = developmentSources(3);
    const [one, two, three] = signers;
    const stranger = developmentSources(4).find(({ key }) => signers.every((signer) => signer.key.x !== key.x));
    if (!one || !two || !three || !stranger) throw new Error("there are too few development sources");
    const wanted = { assetId: 1n, sources: signers.map(({ key }) => key) };
    const now = Number((await newestBlock(anvil.rpc)).timestamp);
    let pauses = 0;
    const clock: Clock = {
      now: () => now * 1_000,
      async pause() {
        pauses++;
        await anvil.rpc.request("evm_mine", []);
      },
    };
    const after = (...quotes: readonly Quote[]) => blockAfter(quotes, () => newestBlock(anvil.rpc), wanted, { clock, pollMs: 1 });
    const unsigned = { ...signQuote(three, 1n, 1n, now + 9), timestamp: now + 10 };
    await after(
      signQuote(one, 1n, 1n, now),
      signQuote(stranger, 1n, 1n, now + 12), // not of the set
      unsigned,
      signQuote(three, 2n, 1n, now + 12), // of another asset
      signQuote(two, 1n, 1n, now + 315_360_000),
      { ...unsigned, timestamp: 2 ** 50 },
    );
    expect(pauses).to.equal(0);
    const { timestamp } = await after(signQuote(one, 1n, 1n, now + 12), signQuote(two, 1n, 1n, now + 315_360_000));
    expect(Number(timestamp)).to.be.at.least(now + 12);
  });

  /** The key's folder with another witness program, and a transcript that says the same in other bytes. */
  async function tamperedKey(): Promise<string> {
    const folder = path("tampered");
    await cp(setup.folder, folder, { recursive: true });
    const transcript = await readFile(join(folder, "transcript.json"), "utf8");
    await writeFile(join(folder, "transcript.json"), transcript.replace('"format": 1', '"format": 1 '));
    await writeFile(join(folder, "witness.wasm"), "another");
    return folder;
  }

  it("prove a price, bring it on chain once, and show it", async () => {
    await using tickers = await Tickers.open({ 1: "2000.10", 2: "2000.20", 3: "1999.90" });
    const sourced = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port), ...tickers.environment });
    const [proven, apart] = await Promise.all([
      sourced.run("price:prove", ...circuit, "--out", path("report.json"), "--json", "--network", "local"),
      prove("2000,2010,2000", "none.json"),
    ]);
    expect(proven.stdout + proven.stderr).to.not.contain(tickers.keys[0] ?? "none");
    expect(proven.json).to.include({ price: "2000.1", sources: 3, deviationPercent: 0.015 });
    expect(proven.json["attestation"]).to.include({ kind: "none" });
    expect(proven.json["backend"]).to.be.oneOf(["native", "snarkjs"]);
    expect(apart.json["error"]).to.include({ code: "DEVIATION_TOO_LARGE" });
    expect(apart.code).to.equal(1);
    const posted = await local("price:submit", path("report.json"), "--json");
    expect(posted.json).to.include({ price: "2000.1" });
    expect(Number(posted.json["gasUsed"])).to.be.within(200_000, 255_000);
    await forge();
    const [forged, shown] = await Promise.all([local("price:submit", path("forged.json")), local("price:show", "--json")]);
    expectRefusal(forged, "REPORT_REJECTED", "0x27, PROOF_INVALID");
    expect(shown.json).to.deep.include({
      price: "2000.1",
      terms: { quorum: 2, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 3_600 },
    });
    expect(shown.json["ageSeconds"]).to.be.within(0, 120);
  });

  /** Writes the report with a newer block, quotes of its second and another price under the same proof. */
  async function forge(): Promise<void> {
    const report = JSON.parse(await readFile(path("report.json"), "utf8")) as Record<string, unknown>;
    const newest = await anvil.rpc.request<{ number: string; timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
    const terms = { quorum: 2, maxDeviationBps: 50, maxAge: 0, assetId: assetIdOf("ETH"), price: 1n };
    const packed = packReport({ ...terms, blockNumber: Number(newest.number), timestamp: Number(newest.timestamp) });
    await writeFile(path("forged.json"), JSON.stringify({ ...report, packed: packed.toString() }));
  }

  it("keep a price fresh: post it, leave it, post it when it moves, and tell which source is down", async () => {
    await using tickers = await Tickers.open({ 1: "2100.10", 2: "2100.20", 3: "2099.90", btc: "90000" });
    const sourced = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port), ...tickers.environment });
    const keeper = (...args: readonly string[]) => ["price:keeper", ...circuit, "--json", "--network", "local", ...args];
    const port = await freePort();
    const running = sourced.follow(...keeper("--workers", "2", "--metrics-port", String(port)));
    try {
      /** The first event of this kind after so many of them all, and how many there are up to it. */
      const next = (kind: string, from = 0): Promise<readonly [Record<string, unknown>, number]> =>
        eventually(`${kind} is told`, () => {
          const events = running.events();
          const at = events.findIndex((event, i) => i >= from && event["kind"] === kind);
          return events[at] && [events[at], at + 1];
        });
      const [posted, first] = await next("posted");
      expect(posted).to.deep.include({ asset: "ETH", price: "210010000000" });
      const [left, second] = await next("left", first);
      expect(left).to.deep.include({ price: "210010000000", stored: "210010000000", deviationPercent: 0, because: "fresh" });
      Object.assign(tickers.prices, { 1: "2121.20", 2: "2121.30", 3: "2121.10" });
      const [moved] = await next("posted", second);
      expect(moved).to.deep.include({ price: "212120000000" });
      const kinds = running.events().map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "sent")).to.have.lengthOf(2);
      expect(kinds).to.not.include.members(["failed", "trouble", "dropped"]);
      const served = await askMetrics(port);
      const metric = (name: string) => valueOf(served, `mintd_price_keeper_${name}`, { asset: "ETH" });
      expect(metric("events_total")).to.be.above(5); // proving, sent and posted, twice
      expect(metric("price_age_seconds"), "known by what was read and by the block").to.satisfy(Number.isFinite);
      running.interrupt();
      expect((await running.ended).code).to.equal(0);
      await leaveTransaction();
      const restarted = sourced.follow(...keeper());
      const words = "of an earlier run is on record, and nobody was told of its end";
      await eventually("it tells what it waits for", () => restarted.stderr.includes(words) || undefined);
      restarted.interrupt();
      const { code, stdout, stderr } = await restarted.ended;
      expect([code, stdout], "it looked at no price").to.deep.equal([0, ""]);
      expect(stderr).to.contain("the next run waits for it");
      await anvil.rpc.request("evm_setIntervalMining", [1]);
    } finally {
      sourced.end();
    }
    delete tickers.prices[3];
    const once = await sourced.run(...keeper("--assets", "ETH,BTC", "--once"));
    expect(once.code, "BTC has no terms, so it has no price").to.equal(1);
    expect(once.stdout + once.stderr).to.not.contain(tickers.keys[0] ?? "none");
    const [eth, btc] = once.json["assets"] as Record<string, Record<string, unknown>>[];
    expect(eth).to.include({ asset: "ETH", outcome: "left", price: "2121.2", stored: "2121.2", because: "fresh", error: null });
    expect(btc).to.include({ asset: "BTC", outcome: "failed", price: null });
    expect(btc?.["error"]).to.include({ code: "NOT_AS_REGISTERED" });
    const sources = once.json["sources"] as { source: string; failuresInARow: number; lastFailure?: { code: string } }[];
    const named = ["BTC/ticker-1", "ETH/ticker-1", "ETH/ticker-2", "ETH/ticker-3"];
    expect(sources.map(({ source }) => source)).to.deep.equal(named);
    expect(sources.map(({ failuresInARow }) => failuresInARow)).to.deep.equal([0, 0, 0, 1]);
    expect(sources[3]?.lastFailure?.code).to.equal("FEED_REFUSED");
  });

  /** As a process of the admin's that ended with a transaction in the pool, while no blocks are made. */
  async function leaveTransaction(): Promise<void> {
    await anvil.rpc.request("evm_setIntervalMining", [0]);
    const [admin, other] = [new Secret(wallet(0).privateKey), new Secret(wallet(9).privateKey)];
    const config = loadConfig({ env: {} });
    const storePath = path(join(config.dataDir, "local", "store.db"));
    const keys = { admin, voucher: admin, lanes: [other] };
    const account = accountOf({ network: "local", storePath, config, rpc: anvil.rpc, keys }, { chainId: 31_337 }, admin);
    await account.broadcast({ to: wallet(9).address, data: "0x", value: 1n });
    await closeAll();
  }

  it("bring a report to its own chain and contract alone, and none that is one recipient's", async () => {
    const report = readReport(await readFile(path("report.json"), "utf8"), "report.json");
    const here = { deployment: { chainId: report.chainId, network: "local" }, address: report.contract };
    expect(() => {
      assertFor(report, here);
    }).to.not.throw();
    for (const other of [{ chainId: 1 }, { contract: `0x${"2".repeat(40)}` }, { recipient: `0x${"2".repeat(40)}` }]) {
      expect(() => {
        assertFor({ ...report, ...other }, here);
      }).to.throw(ReportForElsewhere);
    }
  });
});
