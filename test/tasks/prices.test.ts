import { expect } from "chai";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentSetup, type Setup } from "../../scripts/ceremony/setup.ts";
import { aggregationOf } from "../../scripts/circuits/compile.ts";
import { isSound } from "../../scripts/circuits/verify.ts";
import { readDeployment } from "../../src/chain/index.ts";
import { assetIdOf, developmentSources, fileText, packReport, readReport } from "../../src/price/index.ts";
import { InvalidArgument } from "../../tasks/arguments.ts";
import { termsOf } from "../../tasks/circuit-register.ts";
import { circuitNamed, keyFor, type PriceContext, sourcesFor } from "../../tasks/price-context.ts";
import { quotesFrom } from "../../tasks/price-quotes.ts";
import { assertFor, ReportForElsewhere } from "../../tasks/price-submit.ts";
import { Anvil } from "../anvil.ts";
import { Hardhat, type Run } from "./hardhat.ts";

function expectRefusal(run: Run, code: string, ...words: readonly string[]): void {
  for (const each of [`${code}: `, ...words]) expect(run.stderr).to.contain(each);
  expect(run.stderr + run.stdout).to.not.contain("\n    at ");
  expect(run.code).to.equal(1);
}

/** Tickers on this machine, for the development sources: what one's own sources are configured with. */
class Tickers implements AsyncDisposable {
  /** Private keys of the sources, in hexadecimal digits. */
  readonly keys = [1, 2, 3].map((n) => createHash("sha256").update(`mintd development source ${n}, known to everybody`).digest("hex"));
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    const sources = this.keys.map((_, i) => ({
      ...{ name: `ticker-${i + 1}`, asset: "ETH", key: `PRICE_KEY_${i + 1}`, kind: "ticker" },
      ...{ url: `http://127.0.0.1:${port}/${i + 1}`, pricePath: "last" },
    }));
    const keys = Object.fromEntries(this.keys.map((key, i) => [`PRICE_KEY_${i + 1}`, key]));
    this.environment = { ...keys, MINTD_PRICES_SOURCES: JSON.stringify(sources) };
  }

  static async open(prices: Readonly<Record<string, string>>): Promise<Tickers> {
    const server = createServer(({ url = "" }, answer) => answer.end(JSON.stringify({ last: prices[url.slice(1)] }))).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    return new Tickers(server, (server.address() as AddressInfo).port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
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
      const [unwrapped, unproven] = await Promise.all([
        sepolia.run("deploy", "--cast", "--network", "sepolia"),
        prove("1,1,1", "none.json"),
      ]);
      expectRefusal(unwrapped, "WETH_MISSING", "--weth");
      expect(await elsewhere.rpc.request("eth_blockNumber", [])).to.equal("0x0");
      expect(unproven.json["error"]).to.include({ code: "CIRCUIT_NOT_REGISTERED" });
    } finally {
      sepolia.end();
      await elsewhere.kill();
    }
  });

  it("take no circuit, terms or quotes that no proof could use", async () => {
    const given = { quorum: 0, deviation: 50, maxAge: 60, maxDelay: 60 };
    expect(termsOf(given, 7)).to.deep.equal({ quorum: 5, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 60 });
    expect([3, 7, 14, 21].map((size) => termsOf(given, size).quorum)).to.deep.equal([2, 5, 10, 14]);
    expect(termsOf({ ...given, quorum: 4 }, 7)).to.include({ quorum: 4 });
    const wanted = {
      ...{ assetId: 1n, sources: developmentSources(3).map(({ key }) => key) },
      now: () => Promise.resolve(1_790_000_000),
      configured: () => Promise.resolve(undefined),
    };
    const quoted = (prices: string, quotes = "", local = true) => quotesFrom({ prices, quotes }, { ...wanted, local });
    expect((await quoted("2000.1,,0.00000001")).map(({ price }) => price)).to.deep.equal([200_010_000_000n, 1n]);
    await writeFile(path("quotes.json"), fileText(await quoted("1,2,3")));
    expect(await quoted("", path("quotes.json"))).to.deep.equal(await quoted("1,2,3"));
    const refusals: readonly (() => unknown)[] = [
      () => circuitNamed("price4"),
      () => termsOf({ ...given, quorum: 1 }, 3),
      () => termsOf({ ...given, quorum: 4 }, 3),
      () => termsOf({ ...given, quorum: 3 }, 7),
      () => termsOf({ ...given, deviation: 0 }, 3),
      () => quoted("1,1"),
      () => quoted("1,1,0.000000001"),
      () => quoted("1,1,1", path("quotes.json")),
      () => quoted("1,1,1", "", false),
      () => quoted(""),
    ];
    for (const refused of refusals) {
      const error: unknown = await Promise.resolve()
        .then(refused)
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(InvalidArgument);
    }
  });

  it("take development keys and sources on local chains alone", async () => {
    const abroad = { context: { network: "sepolia" }, local: false } as unknown as PriceContext;
    const price3 = circuitNamed("price3");
    await writeFile(path("sources.json"), fileText(developmentSources(3).map(({ key }) => key)));
    const takes: readonly (() => unknown)[] = [
      () => keyFor(abroad, price3, setup.folder),
      () => keyFor(abroad, price3, ""),
      () => sourcesFor(abroad, price3, path("sources.json")),
      () => sourcesFor(abroad, price3, ""),
    ];
    const codeOf = async (take: () => unknown): Promise<unknown> => {
      try {
        await take();
        return "taken";
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    const codes = await Promise.all(takes.map(codeOf));
    expect(codes).to.deep.equal(["DEVELOPMENT_KEY", "INVALID_ARGUMENT", "DEVELOPMENT_SOURCES", "INVALID_ARGUMENT"]);
    expect(isSound({ comparisons: [], development: true }, false)).to.equal(false);
    expect(isSound({ comparisons: [], development: true }, true)).to.equal(true);
  });

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
