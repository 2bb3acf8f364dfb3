import { expect } from "chai";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { agreedPrice, poseidonChain, PriceRefused, QUOTE_DOMAIN, widths } from "../../src/price/index.ts";
import { programOf } from "./program.ts";

const RUNS = Number(process.env["QUOTE_SETS"] ?? 10_000);

describe("src/price and the circuits", function () {
  this.timeout(600_000);

  it(`agree on ${RUNS} random sets of quotes; QUOTE_SETS sets how many`, async () => {
    const program = await programOf({ component: "AgreedPrice(7)", file: "agreed-price.circom" });
    const top = (1n << 64n) - 1n;
    const near = fc.bigInt({ min: 19_990n, max: 20_100n });
    const price = fc.oneof({ weight: 20, arbitrary: near }, fc.bigInt({ min: top - 9n, max: top }), fc.constantFrom(0n, 1n, top));
    const slots = fc.array(fc.record({ enabled: fc.boolean(), price }), { minLength: 7, maxLength: 7 });
    let proven = 0;
    const holds = fc.property(slots, fc.integer({ min: 1, max: 7 }), fc.constantFrom(0, 1, 30, 50, 16_383), (quotes, quorum, bps) => {
      const terms = { quorum, maxDeviationBps: bps };
      const inputs = { enabled: quotes.map(({ enabled }) => Number(enabled)), prices: quotes.map((quote) => quote.price), ...terms };
      let expected: bigint;
      try {
        expected = agreedPrice(
          quotes.filter(({ enabled }) => enabled).map((quote) => quote.price),
          terms,
        );
      } catch (error) {
        if (!(error instanceof PriceRefused)) throw error;
        expect(program.refusal(inputs)).to.include(error.refusal === 0x17 ? "DeviationBound" : "Quorum");
        return;
      }
      expect(program.witness(inputs)[1]).to.equal(expected);
      proven++;
    });
    fc.assert(holds, { numRuns: RUNS });
    expect(proven).to.be.above(RUNS / 20);
  });

  it("agree on hashes of any length", async () => {
    for (const length of [14, 16]) {
      const program = await programOf({ component: `PoseidonChain(${length}, 7)`, file: "poseidon-chain.circom" });
      const elements = Array.from({ length }, (_, at) => BigInt(at * at + 1) << 200n);
      expect(program.witness({ in: elements })[1], String(length)).to.equal(poseidonChain(elements, 7n));
    }
  });

  it("have the same widths and domain", () => {
    const text = readFileSync(join(import.meta.dirname, "../../circuits/price/widths.circom"), "utf8");
    const found = [...text.matchAll(/function (\w+)\(\) \{ return (\w+); \}/g)].map(([, name = "", value = ""]) => [name, BigInt(value)]);
    const ours = Object.entries({ ...widths, QUOTE_DOMAIN }).map(([name, value]) => [name, BigInt(value)]);
    expect(found).to.have.deep.members(ours);
  });
});
