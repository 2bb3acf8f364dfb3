import { expect } from "chai";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentSetup } from "../../scripts/ceremony/setup.ts";
import { aggregationOf } from "../../scripts/circuits/compile.ts";
import { isSound } from "../../scripts/circuits/verify.ts";
import { assetIdOf, developmentSources, fileText } from "../../src/price/index.ts";
import { InvalidArgument } from "../../tasks/arguments.ts";
import { termsAsked } from "../../tasks/circuit-register.ts";
import { assetNamed, circuitNamed, keyFor, type PriceContext, sourcesFor } from "../../tasks/price-context.ts";
import { assertWritable, writeWhole } from "../../tasks/price-out.ts";
import { quotesFrom } from "../../tasks/price-quotes.ts";

describe("What the tasks of proven prices are given", function () {
  this.timeout(600_000);
  let home: string;
  const path = (name: string): string => join(home, name);

  before(async () => (home = await mkdtemp(join(tmpdir(), "mintd-price-arguments-"))));
  after(() => rm(home, { recursive: true, force: true }));

  it("take no circuit, terms or quotes that no proof could use", async () => {
    const given = { quorum: 0, deviation: 0, maxAge: 0, maxDelay: 0 };
    expect(termsAsked(given, 7)).to.deep.equal({});
    expect(termsAsked({ ...given, quorum: 7, maxDelay: 9 }, 7)).to.deep.equal({ quorum: 7, maxDelaySeconds: 9 });
    expect([assetNamed("1INCH"), assetNamed("123")]).to.deep.equal([assetIdOf("1INCH"), 123n]);
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
      () => assetNamed("eth"),
      () => assetNamed("18446744073709551616"),
      () => termsAsked({ ...given, quorum: 1 }, 3),
      () => termsAsked({ ...given, quorum: 4 }, 3),
      () => termsAsked({ ...given, deviation: -1 }, 3),
      () => termsAsked({ ...given, maxAge: 65_536 }, 3),
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
    const [price3, setup] = [circuitNamed("price3"), await developmentSetup(aggregationOf(3))];
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

  it("write a report whole or not at all", async () => {
    const folder = path("reports");
    await mkdir(join(folder, "taken"), { recursive: true });
    await writeFile(join(folder, "report.json"), "before");
    assertWritable(join(folder, "report.json"));
    expect(await readFile(join(folder, "report.json"), "utf8")).to.equal("before");
    writeWhole(join(folder, "report.json"), "after");
    expect(await readFile(join(folder, "report.json"), "utf8")).to.equal("after");
    for (const place of [join(folder, "taken"), join(folder, "nowhere/report.json"), ""]) {
      for (const write of [assertWritable, writeWhole]) {
        expect(() => {
          write(place, "x");
        }, place).to.throw(InvalidArgument, "--out");
      }
    }
    expect(await readdir(folder)).to.have.members(["report.json", "taken"]);
  });
});
