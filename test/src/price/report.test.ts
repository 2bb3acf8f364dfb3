import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  assertSourcesFor,
  developmentSources,
  DevelopmentSources,
  fileText,
  readQuotes,
  readReport,
  readSources,
  refusalCodes,
  refusalWords,
  type ReportFile,
  reportText,
  signQuote,
  sourcesRoot,
  UnreadablePriceFile,
} from "../../../src/price/index.ts";

const root = join(import.meta.dirname, "../../..");
const text = (file: string): string => readFileSync(join(root, file), "utf8");
const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : error);
const caught = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return codeOf(error);
  }
};

describe("A price on its way to the chain", () => {
  const huge = 2n ** 245n + 1n;
  const file: ReportFile = {
    chainId: 31_337,
    contract: `0x${"1".repeat(40)}`,
    recipient: null,
    report: { circuitId: `0x${"a".repeat(64)}`, packed: huge, nonce: 0n, sourcesTerm: [huge, 2n] },
    proof: [huge, 2n, 3n, 4n, 5n, 6n, 7n, 8n],
  };

  it("keeps every digit in its file", () => {
    expect(readReport(reportText(file), "report.json")).to.deep.equal(file);
    const [signer] = developmentSources(1);
    const quotes = signer ? [signQuote(signer, 1n, 2n ** 64n - 1n, 1_790_000_000)] : [];
    expect(quotes).to.have.lengthOf(1);
    expect(readQuotes(fileText(quotes), "quotes.json")).to.deep.equal(quotes);
  });

  it("is refused from a file that says it otherwise", () => {
    const broken: readonly string[] = [
      "no JSON",
      "{}",
      reportText(file).replace('"format": 1', '"format": 2'),
      reportText(file).replace('"nonce": "0"', '"nonce": 0'),
      reportText(file).replace('"nonce": "0"', '"nonce": "0x0"'),
      reportText(file).replace('"nonce": "0"', '"nonce": "00"'),
      reportText(file).replace('"nonce"', '"extra": 1, "nonce"'),
    ];
    for (const each of broken) expect(() => readReport(each, "report.json"), each).to.throw(UnreadablePriceFile, "report.json");
    expect(caught(() => readSources("[]", "sources.json"))).to.equal("UNREADABLE_PRICE_FILE");
  });

  it("has words for every refusal that docs/circuits.md and the contract know, under the same name", () => {
    const documented = [...text("docs/circuits.md").matchAll(/^\| (0x\w\w) +\| (\w+) /gm)];
    expect(documented.map(([, code, name]) => [Number(code), name])).to.deep.equal(
      refusalCodes.map((code) => [code, refusalWords(code).name]),
    );
    const given = [...text("contracts/price/PackedPrice.sol").matchAll(/uint8 internal constant (\w+) = (0x\w\w);/g)];
    expect(given).to.have.length.above(10);
    for (const [, name, code] of given) expect(refusalWords(Number(code)).name).to.equal(name);
    expect(refusalWords(0xff).name).to.equal("UNKNOWN");
  });

  it("comes from development sources on local chains alone", () => {
    const keys = developmentSources(21).map(({ key }) => key);
    expect(sourcesRoot(keys) > 0n).to.equal(true);
    expect(() => {
      assertSourcesFor(keys, { network: "local", local: true });
    }).to.not.throw();
    for (const key of keys) {
      expect(() => {
        assertSourcesFor([key], { network: "sepolia", local: false });
      }).to.throw(DevelopmentSources, "sepolia");
    }
  });
});
