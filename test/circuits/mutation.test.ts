import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Circuit } from "../../scripts/circuits/compile.ts";
import { inputsOf, NOW, signersOf } from "./example.ts";
import { hash, type Mutant, mutants, signature, type Spared, withForgedHints } from "./mutants.ts";
import { type Inputs, programOf } from "./program.ts";

const folder = join(import.meta.dirname, "../../circuits/price");
const text = (file: string): string => readFileSync(join(folder, file), "utf8");

const signers = signersOf(1);
const good = inputsOf(signers, [2_000n]);
const whole: Circuit = { component: "PriceAggregation(1)", file: "price-aggregation.circom" };
const quote: Circuit = { component: "SignedQuote()", file: "signed-quote.circom" };
const silent = {
  enabled: 0,
  Ax: signers[0]?.key.x ?? 0n,
  Ay: signers[0]?.key.y ?? 0n,
  R8x: 0,
  R8y: 1,
  S: 0,
  assetId: 1,
  price: 5,
  timestamp: 6,
};
const quoted = (refuses: string, line: string, inputs: Inputs): Mutant => ({
  ...{ refuses, line, file: quote.file, circuit: quote, spared: line === signature.line ? [] : [signature] },
  inputs: { ...silent, ...inputs },
});
const aggregated = (refuses: string, line: string, inputs: Inputs, spared: readonly Spared[] = [signature, hash]): Mutant => ({
  ...{ refuses, line, file: whole.file, circuit: whole, spared },
  inputs: { ...good, ...inputs },
});

/** The texts that a mutant's circuit is compiled from, before its line is removed. */
function editsOf({ file, dishonest = false, spared = [] }: Mutant): Record<string, string> {
  const edits: Record<string, string> = { [file]: dishonest ? withForgedHints(text(file)) : text(file) };
  for (const { file: other, line, by } of spared) edits[other] = replaced(edits[other] ?? text(other), line, by);
  return edits;
}

/** @throws Error where the text has not just one such line */
function replaced(from: string, line: string, by: string): string {
  const lines = from.split("\n");
  expect(
    lines.filter((each) => each.trim() === line),
    line,
  ).to.have.length(1);
  return lines.map((each) => (each.trim() === line ? by : each)).join("\n");
}

const all: readonly Mutant[] = [
  ...mutants,
  quoted("a price of 2^64", "AssertBits(PRICE_BITS())(price);", { price: 1n << 64n }),
  quoted("a time of 2^40", "AssertBits(TIME_BITS())(timestamp);", { timestamp: 1n << 40n }),
  quoted("an R8 that is not on the curve", "BabyCheck()(x <== R8x, y <== R8y);", { R8x: 1, R8y: 1 }),
  quoted("what nobody signed", signature.line, { enabled: 1 }),
  aggregated(
    "a packed of another report",
    "PublicInputs()(packed, blockHashHi, blockHashLo, context, blockNumber, quorum, maxDeviationBps, maxAge, timestamp, price, assetId);",
    { packed: 1n },
  ),
  aggregated("keys that are not of the set", "sourcesRoot === root;", { sourcesRoot: 1n }, [signature]),
  aggregated(
    "a quote that its source did not sign",
    "SignedQuote()(enabled[i], Ax[i], Ay[i], R8x[i], R8y[i], S[i], assetId, prices[i], times[i]);",
    { S: [1n] },
    [hash],
  ),
  aggregated("a quote out of the window", "QuoteWindow()(enabled[i], times[i], timestamp, maxAge);", {
    ...{ timestamp: BigInt(NOW + 61), packed: (good["packed"] as bigint) + (61n << 78n) },
  }),
  aggregated("a price that is not the median", "price === agreed;", { price: 2_001n, packed: (good["packed"] as bigint) + (1n << 118n) }),
];

describe("Circuits, one line removed at a time", () => {
  for (const mutant of all) {
    const { refuses, file, line, circuit, inputs } = mutant;
    it(`${circuit.component} refuses ${refuses}, and without its line in ${file} would not`, async function () {
      this.timeout(600_000);
      const edits = editsOf(mutant);
      const [real, broken] = await Promise.all([
        programOf({ ...circuit, edits }),
        programOf({ ...circuit, edits: { ...edits, [file]: replaced(edits[file] ?? "", line, "") } }),
      ]);
      expect(real.refusal(inputs)).to.not.deep.equal([]);
      expect(broken.refusal(inputs)).to.deep.equal([]);
    });
  }

  it("leave out no constraint of circuits/price", () => {
    const known = new Set(all.map(({ file, line }) => `${file}: ${line}`));
    const lines = globSync("*.circom", { cwd: folder }).flatMap((file) =>
      text(file)
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => /^[^/]* === |^[A-Z]\w*\(.*\)\(.*\);$|<== Num2Bits/.test(line))
        .map((line) => `${file}: ${line}`),
    );
    expect(lines).to.have.length.above(30);
    expect(lines.filter((line) => !known.has(line))).to.deep.equal([]);
  });

  it("are given true hints where the prover is honest", async function () {
    this.timeout(600_000);
    const file = "lower-median.circom";
    const lying = await programOf({ component: "LowerMedian(3)", file, edits: { [file]: withForgedHints(text(file)) } });
    const hints = { forged_half: 1, forged_odd: 0, forged_atHalf: [0, 1, 0], forged_atLast: [0, 0, 1] };
    expect(lying.witness({ sorted: [7, 8, 9], count: 3, ...hints }).slice(1, 3)).to.deep.equal([8n, 9n]);
  });
});
