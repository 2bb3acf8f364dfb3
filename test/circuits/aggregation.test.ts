import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { aggregationOf, compile, mainOf, sizes } from "../../scripts/circuits/compile.ts";
import { readCounts, templates } from "../../scripts/circuits/counts.ts";
import { signQuote, type SourceSigner, SUBGROUP_ORDER } from "../../src/price/index.ts";
import { ETH, inputsOf, NOW, signersOf } from "./example.ts";
import { FIELD, type Inputs, Program } from "./program.ts";
import { readR1cs, unbound, violated } from "./r1cs.ts";

const signers = signersOf(3);
const [first, , third] = signers as [SourceSigner, SourceSigner, SourceSigner];
const all = [2_000n, 2_003n, 2_009n];

/** Inputs with one element of an array changed. */
function changed(inputs: Inputs, name: string, at: number, value: bigint): Inputs {
  const list = [...(inputs[name] as readonly bigint[])];
  list[at] = value;
  return { ...inputs, [name]: list };
}

describe("PriceAggregation(3)", function () {
  this.timeout(600_000);
  let program: Program;
  let r1cs: ReturnType<typeof readR1cs>;
  let names: string[];

  before(async () => {
    const built = await compile(aggregationOf(3));
    program = new Program(new Uint8Array(readFileSync(built.wasm)));
    r1cs = readR1cs(readFileSync(built.r1cs));
    names = [];
    for (const line of readFileSync(built.sym, "utf8").split("\n")) {
      const [, wire, , name = ""] = line.split(",");
      if (wire !== undefined && Number(wire) >= 0) names[Number(wire)] ??= name;
    }
  });

  const refused = (inputs: Inputs, template: string): void => {
    expect(program.refusal(inputs)).to.include(template);
  };

  const good = inputsOf(signers, all);

  it("refuses a quote in another source's slot, and one quote in two slots", () => {
    const swapped = ["R8x", "R8y", "S", "prices", "times"].reduce<Inputs>((inputs, name) => {
      const [a = 0n, b = 0n, c = 0n] = inputs[name] as readonly bigint[];
      return { ...inputs, [name]: [b, a, c] };
    }, good);
    refused(swapped, "SignedQuote");
    const twice = ["R8x", "R8y", "S", "prices", "times"].reduce<Inputs>((inputs, name) => {
      const [a = 0n, , c = 0n] = inputs[name] as readonly bigint[];
      return { ...inputs, [name]: [a, a, c] };
    }, good);
    refused(twice, "SignedQuote");
  });

  it("refuses keys that are not of the set, in another order, or twice", () => {
    const other = inputsOf(signersOf(4).slice(1), all);
    expect(program.refusal(other)).to.deep.equal([]); // a set of its own
    refused({ ...other, sourcesRoot: good["sourcesRoot"] ?? 0n }, "PriceAggregation");
    const [a, b, c] = good["Ax"] as [bigint, bigint, bigint];
    refused({ ...good, Ax: [b, a, c] }, "PriceAggregation");
    refused({ ...good, Ax: [a, a, c], Ay: [a, a, c] }, "PriceAggregation");
  });

  it("refuses a signature for another price, time, asset or domain, and a second encoding of a good one", () => {
    refused(changed(good, "prices", 0, 2_001n), "SignedQuote");
    refused(changed(good, "times", 0, BigInt(NOW - 5)), "SignedQuote");
    const assetId = ETH + 1n;
    refused({ ...good, assetId, packed: (good["packed"] as bigint) + (1n << 182n) }, "SignedQuote");
    const undomained = first.sign(((ETH << 64n) + 2_000n) * (1n << 40n) + BigInt(NOW));
    refused(changed(changed(changed(good, "R8x", 0, undomained.r8x), "R8y", 0, undomained.r8y), "S", 0, undomained.s), "SignedQuote");
    const s = (good["S"] as readonly bigint[])[0] ?? 0n;
    refused(changed(good, "S", 0, s + SUBGROUP_ORDER), "SignedQuote");
    expect(program.refusal(changed(good, "S", 0, s + FIELD))).to.deep.equal([]); // the same element: no circuit sees a difference
  });

  it("refuses one price a unit beyond the bound, and takes it a unit before", () => {
    const near = inputsOf(signers, [20_000n, 20_050n, 20_099n]);
    expect(program.refusal(near)).to.deep.equal([]);
    const quote = signQuote(third, ETH, 20_100n, NOW - 2);
    const { r8x, r8y, s } = quote.signature;
    const beyond = changed(changed(changed(changed(near, "prices", 2, 20_100n), "R8x", 2, r8x), "R8y", 2, r8y), "S", 2, s);
    refused(beyond, "DeviationBound");
  });

  it("refuses a signed price of 0, and one of 2^64", () => {
    const zero = signQuote(first, ETH, 0n, NOW).signature;
    const one = inputsOf(signers, [5n, undefined, undefined]);
    const signed = (price: bigint, { r8x, r8y, s }: typeof zero): Inputs =>
      changed(changed(changed(changed(one, "prices", 0, price), "R8x", 0, r8x), "R8y", 0, r8y), "S", 0, s);
    const packed = (good: Inputs, price: bigint) => ({ ...good, price, packed: (one["packed"] as bigint) + ((price - 5n) << 118n) });
    refused(packed(signed(0n, zero), 0n), "DeviationBound");
    const domain = 0x6d696e7464707831n;
    const message = (((domain << 64n) + ETH) << 104n) + (1n << 104n) + BigInt(NOW);
    refused(signed(1n << 64n, first.sign(message)), "SignedQuote");
  });

  it("refuses quotes outside the window, and takes those at its ends", () => {
    const younger = good["maxAge"] as bigint; // as old as the oldest is
    const at = (timestamp: number, maxAge = 60n): Inputs => ({
      ...good,
      ...{ timestamp, maxAge },
      packed: (good["packed"] as bigint) + (BigInt(timestamp - NOW) << 78n) + ((maxAge - younger) << 62n),
    });
    expect(younger).to.equal(2n);
    refused(at(NOW, 1n), "QuoteWindow");
    // The oldest is 60 s old: whoever proves may set the timestamp that late, so it does not tell which quotes are newer.
    expect(program.refusal(at(NOW + 58))).to.deep.equal([]);
    refused(at(NOW + 59), "QuoteWindow");
    refused(at(NOW - 1), "QuoteWindow");
  });

  it("refuses one source less than the quorum, and slots that are enabled by halves", () => {
    const two = inputsOf(signers, [2_000n, 2_003n, undefined], { quorum: 2 });
    expect(program.refusal(two)).to.deep.equal([]);
    refused({ ...two, quorum: 3n, packed: (two["packed"] as bigint) + (1n << 40n) }, "Quorum");
    refused(changed(two, "enabled", 0, 2n), "Quorum");
    refused(changed(two, "enabled", 2, 1n), "SignedQuote");
  });

  it("gives the same price whatever a disabled slot carries, and refuses there what has no range", () => {
    const two = inputsOf(signers, [2_000n, 2_003n, undefined], { quorum: 2 });
    const [a = 0n] = two["R8x"] as readonly bigint[];
    const [b = 0n] = two["R8y"] as readonly bigint[];
    const rubbish = [["prices", 1n], ["times", (1n << 40n) - 1n], ["S", 12_345n], ["R8x", a], ["R8y", b]] as const; // prettier-ignore
    expect(program.refusal(rubbish.reduce<Inputs>((inputs, [name, value]) => changed(inputs, name, 2, value), two))).to.deep.equal([]);
    refused(changed(two, "prices", 2, 1n << 64n), "SignedQuote");
    refused(changed(two, "R8x", 2, 1n), "SignedQuote");
  });

  it("is bound to each public input: to its value, or to its range where only the contract knows the value", () => {
    for (const bit of Array.from({ length: 247 }, (_, at) => BigInt(at))) {
      expect(program.refusal({ ...good, packed: (good["packed"] as bigint) ^ (1n << bit) }), bit.toString()).to.not.deep.equal([]);
    }
    refused({ ...good, sourcesRoot: (good["sourcesRoot"] as bigint) + 1n }, "PriceAggregation");
    for (const [name, bits] of [["blockHashHi", 128n], ["blockHashLo", 128n], ["context", 248n]] as const) refused({ ...good, [name]: 1n << bits }, "PublicInputs"); // prettier-ignore
    const wires = names.slice(1, 6).map((name) => name.replace("main.", ""));
    expect(wires).to.deep.equal(["packed", "sourcesRoot", "blockHashHi", "blockHashLo", "context"]);
    const witness = program.witness(good);
    wires.forEach((name, at) => {
      const other = [...witness];
      other[at + 1] = (other[at + 1] ?? 0n) + 1n;
      expect(violated(r1cs, other), name).to.have.length.above(0);
    });
  });

  it("leaves no wire free but the inverses of circomlib's IsZero, which nothing reads where they are free", () => {
    const witnesses = [all, [2_000n, undefined, 2_003n], [undefined, 4_000n, undefined], [9n, 9n, 9n]];
    for (const prices of witnesses) {
      const witness = program.witness(inputsOf(signers, prices));
      expect(violated(r1cs, witness)).to.deep.equal([]);
      const free = unbound(r1cs, witness).map((wire) => names[wire] ?? "");
      expect(free.filter((name) => !/(isz|isZero|zeropoint)\.inv$/i.test(name))).to.deep.equal([]);
      expect(free.length).to.be.at.most(9);
    }
  });

  it("has the constraints that are checked in, below the ceilings; else: npm run circuits", async () => {
    const kept = readCounts();
    for (const { size, ceiling } of sizes) {
      const circuit = aggregationOf(size);
      const main = readFileSync(join(import.meta.dirname, `../../circuits/price/main/price-${size}.circom`), "utf8");
      expect(main).to.equal(mainOf(circuit));
      expect(kept[circuit.component]?.constraints).to.be.a("number").at.most(ceiling);
      if (size > 7) continue; // npm run circuits -- --all
      const { constraints, wires } = await compile(circuit);
      expect({ constraints, wires }).to.deep.equal(kept[circuit.component]);
    }
    for (const circuit of templates) {
      const { constraints, wires } = await compile(circuit);
      expect({ constraints, wires }, circuit.component).to.deep.equal(kept[circuit.component]);
    }
    expect(r1cs.constraints).to.have.length(kept["PriceAggregation(3)"]?.constraints ?? 0);
  });
});
