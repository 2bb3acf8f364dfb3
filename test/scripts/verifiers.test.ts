import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { compileVerifier } from "../../scripts/verifier/compile.ts";
import { InvalidVerifyingKey, readVerifyingKey } from "../../scripts/verifier/key.ts";
import { listVerifiers, sourceOf, testVerifier } from "../../scripts/verifier/verifiers.ts";
import { BASE, snarkjsKey } from "../contracts/price/proofs.ts";

const root = join(import.meta.dirname, "../..");
type Key = ReturnType<typeof snarkjsKey>;

/** What the reader says of the test's key with a change. */
function problemOf(change: (key: Key) => object): string {
  const key = snarkjsKey();
  try {
    readVerifyingKey(JSON.stringify({ ...key, ...change(key) }));
  } catch (error) {
    expect(error).to.be.instanceOf(InvalidVerifyingKey);
    expect((error as InvalidVerifyingKey).code).to.equal("INVALID_VERIFYING_KEY");
    return (error as Error).message;
  }
  return "none";
}

const negated = (point: string[][]): string[][] => [
  point[0] ?? [],
  (point[1] ?? []).map((part) => ((BASE - BigInt(part)) % BASE).toString()),
  point[2] ?? [],
];

/** A point of the twist outside of the subgroup. */
function outside(): string[][] {
  const { Fp2 } = bn254.fields;
  for (let re = 1n; ; re++) {
    const x = { c0: re, c1: 1n };
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), bn254.G2.Point.CURVE().b));
      if (bn254.G2.Point.fromAffine({ x, y }).isTorsionFree()) continue;
      return [
        [x.c0.toString(), x.c1.toString()],
        [y.c0.toString(), y.c1.toString()],
        ["1", "0"],
      ];
    } catch {
      continue; // no square
    }
  }
}

/** Without what is pushed. */
function opcodesOf(bytecode: string): number[] {
  const bytes = Buffer.from(bytecode.slice(2), "hex");
  const opcodes: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const opcode = bytes.readUInt8(at);
    opcodes.push(opcode);
    if (opcode >= 0x60 && opcode <= 0x7f) at += opcode - 0x5f;
  }
  return opcodes;
}

describe("verifiers from verifying keys", () => {
  it("are checked in as their keys demand", async () => {
    for (const verifier of listVerifiers(root)) {
      expect(readFileSync(join(root, verifier.source), "utf8") === (await sourceOf(root, verifier)), verifier.source).to.equal(true);
    }
  });

  it("name the key and its digest, and have another source for another key", async () => {
    const source = await sourceOf(root, testVerifier);
    expect(source).to.match(/from test\/contracts\/price\/keys\/test\.json\n\/\/ \(SHA-256 [0-9a-f]{64}\)/);
    expect(JSON.parse(readFileSync(join(root, testVerifier.key), "utf8"))).to.deep.equal(snarkjsKey());
  });

  it("have no instruction by which the code at their address could become other code, or run other code in its place", function () {
    this.timeout(60_000);
    const [callCode, delegateCall, selfDestruct, staticCall] = [0xf2, 0xf4, 0xff, 0xfa];
    const opcodes = opcodesOf(compileVerifier(readFileSync(join(root, testVerifier.key), "utf8")).bytecode);
    expect(opcodes).to.include(staticCall); // of the precompiles
    expect(opcodes).to.not.include.oneOf([callCode, delegateCall, selfDestruct]);
  });

  it("are made of the key as snarkjs writes it", () => {
    expect(problemOf(() => ({}))).to.equal("none");
    expect(problemOf(() => ({ vk_alphabeta_12: [] }))).to.equal("none");
  });

  it("are not made of a key that nobody contributed to", () => {
    expect(problemOf((key) => ({ vk_delta_2: key.vk_gamma_2 }))).to.include("gamma is delta");
    expect(problemOf((key) => ({ vk_delta_2: negated(key.vk_gamma_2) }))).to.include("gamma is delta");
  });

  it("are not made of another number of inputs", () => {
    expect(problemOf((key) => ({ IC: key.IC.slice(1) }))).to.include("IC");
    expect(problemOf((key) => ({ IC: [...key.IC, ...key.IC.slice(5)] }))).to.include("IC");
    expect(problemOf(() => ({ nPublic: 4 }))).to.include("nPublic");
  });

  it("are not made of inputs that can stand for each other or for nothing", () => {
    const [zero, ...rest] = snarkjsKey().IC;
    expect(problemOf(() => ({ IC: [zero, rest[0], ...rest.slice(0, 4)] }))).to.include("two public inputs");
    expect(problemOf(() => ({ IC: [zero, ...rest.slice(0, 4), ["0", "1", "0"]] }))).to.include("IC.5");
    expect(problemOf(() => ({ IC: [zero, ...rest.slice(0, 4), ["0", "0", "1"]] }))).to.include("IC[5]");
  });

  it("are not made of points outside of their groups", () => {
    const move = (point: string[]): string[] => [point[0] ?? "", String(BigInt(point[1] ?? "0") + 1n), "1"];
    expect(problemOf((key) => ({ vk_alpha_1: move(key.vk_alpha_1) }))).to.include("alpha is not a point");
    expect(problemOf((key) => ({ IC: [...key.IC.slice(0, 5), move(key.IC[5] ?? [])] }))).to.include("IC[5] is not a point");
    expect(problemOf((key) => ({ vk_beta_2: [key.vk_beta_2[0], key.vk_beta_2[0], ["1", "0"]] }))).to.include("beta is not a point");
    for (const name of ["beta", "gamma", "delta"]) expect(problemOf(() => ({ [`vk_${name}_2`]: outside() }))).to.include(`${name} is not`);
    const x = (key: Key): string => (BigInt(key.vk_alpha_1[0] ?? "0") + BASE).toString();
    expect(
      problemOf((key) => ({ vk_alpha_1: [x(key), key.vk_alpha_1[1], "1"] })),
      "x + p",
    ).to.include("alpha is not a point");
  });

  it("are not made of anything else", () => {
    expect(problemOf(() => ({ protocol: "plonk" }))).to.include("protocol");
    expect(problemOf(() => ({ curve: "bls12381" }))).to.include("curve");
    expect(problemOf(() => ({ vk_gamma_2: undefined }))).to.include("vk_gamma_2");
    expect(problemOf(() => ({ vk_alpha_1: ["0x1", "2", "1"] }))).to.include("vk_alpha_1");
    expect(() => readVerifyingKey("{")).to.throw(InvalidVerifyingKey, "not JSON");
  });
});
