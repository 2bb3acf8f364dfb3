// The generated verifier and snarkjs say the same of 1,000 proofs and forgeries, and both say what the way each was made demands.
import { readFile } from "node:fs/promises";
import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { type BaseContract, concat, ContractFactory, type InterfaceAbi, keccak256, type Signer } from "ethers";
import { network } from "hardhat";
import * as snarkjs from "snarkjs";
import {
  BASE,
  first,
  hex,
  type Point2,
  type Proof,
  proofOf,
  prove,
  rerandomised,
  SCALAR,
  seeded,
  snarkjsKey,
  snarkjsProof,
  words,
  type Words,
} from "./proofs.ts";

/** Untyped in @types/snarkjs; the one curve that all its calls share. */
interface Curves {
  readonly getCurveFromName: (name: string) => Promise<{ terminate: () => Promise<void> }>;
}

interface Case {
  readonly kind: string;
  readonly proof: Words;
  readonly inputs: readonly bigint[];
  readonly valid: boolean;
  /**
   * Where snarkjs differs: it takes coordinates modulo the field, of which the contract takes one encoding only, and it takes no B
   * at infinity, with which none but who knows the key's secret can make a proof.
   */
  readonly bySnarkjs?: boolean;
}

const inputsOf = (label: string): bigint[] => Array.from({ length: 5 }, (_, at) => seeded(`input ${at} of ${label}`));
const replaced = (list: readonly bigint[], at: number, value: bigint): bigint[] => list.map((old, index) => (index === at ? value : old));

function swapped(list: readonly bigint[], i: number, j: number): bigint[] {
  const copy = [...list];
  [copy[i], copy[j]] = [copy[j] ?? 0n, copy[i] ?? 0n];
  return copy;
}

const modulo = (value: bigint): bigint => ((value % SCALAR) + SCALAR) % SCALAR;

/** The factor of a batch's second proof if these words were all that is hashed. */
function factorOf(hashed: readonly bigint[]): bigint {
  const seed = keccak256(concat(hashed.map(hex)));
  return BigInt(keccak256(concat([seed, hex(1n)]))) >> 128n;
}

const found = new Map<number, Point2>();

/** One of four points of the twist that are not in the group. */
function outsideTheSubgroup(round: number): Point2 {
  const point = found.get(round % 4) ?? searchOutside(round % 4);
  found.set(round % 4, point);
  return point;
}

function searchOutside(seed: number): Point2 {
  const { Fp2 } = bn254.fields;
  for (let re = BigInt(seed * 1_000 + 1); ; re++) {
    const x = { c0: re, c1: 1n };
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), bn254.G2.Point.CURVE().b);
    try {
      const point = bn254.G2.Point.fromAffine({ x, y: Fp2.sqrt(square) });
      if (!point.isTorsionFree()) return point;
    } catch {
      continue; // no square
    }
  }
}

/** r * point: what is left of it has an order that divides the cofactor, and a pairing that does not look takes B + it for B. */
const cofactorPart = (point: Point2): Point2 => point.multiplyUnsafe(SCALAR - 1n).add(point);

const without = (list: readonly bigint[], at: number): bigint[] => list.filter((_, index) => index !== at);

type Make = (base: { proof: Proof; inputs: bigint[] }, round: number) => Omit<Case, "kind">;

/** Ways to make a case of a true proof. */
const kinds: Readonly<Record<string, Make>> = {
  true: ({ proof, inputs }) => ({ proof: words(proof), inputs, valid: true }),
  "(-A, -B, C)": ({ proof: { a, b, c }, inputs }) => ({ proof: words({ a: a.negate(), b: b.negate(), c }), inputs, valid: true }),
  "re-randomised": ({ proof, inputs }, round) => ({ proof: words(rerandomised(proof, String(round))), inputs, valid: true }),
  "(-A, B, C)": ({ proof: { a, b, c }, inputs }) => ({ proof: words({ a: a.negate(), b, c }), inputs, valid: false }),
  "(A, B, -C)": ({ proof: { a, b, c }, inputs }) => ({ proof: words({ a, b, c: c.negate() }), inputs, valid: false }),
  "C and A exchanged": ({ proof: { a, b, c }, inputs }) => ({ proof: words({ a: c, b, c: a }), inputs, valid: false }),
  "input + r": ({ proof, inputs }, round) => {
    const at = round % 5;
    return { proof: words(proof), inputs: replaced(inputs, at, (inputs[at] ?? 0n) + SCALAR), valid: false };
  },
  "input + 1": ({ proof, inputs }, round) => {
    const at = round % 5;
    return { proof: words(proof), inputs: replaced(inputs, at, ((inputs[at] ?? 0n) + 1n) % SCALAR), valid: false };
  },
  "inputs swapped": ({ proof, inputs }, round) => {
    const [i, j] = [round % 5, (round + 1 + (Math.floor(round / 5) % 4)) % 5];
    return { proof: words(proof), inputs: swapped(inputs, i, j), valid: false };
  },
  "inputs zero": ({ proof }) => ({ proof: words(proof), inputs: [0n, 0n, 0n, 0n, 0n], valid: false }),
  "A at infinity, with the secret": ({ inputs }, round) => ({
    proof: words(proofOf(0n, BigInt(round + 2), inputs)),
    inputs,
    valid: true,
  }),
  "B at infinity, with the secret": ({ inputs }, round) => ({
    proof: words(proofOf(BigInt(round + 2), 0n, inputs)),
    inputs,
    valid: true,
    bySnarkjs: false,
  }),
  "A at infinity": ({ proof, inputs }) => ({ proof: [0n, 0n, ...words(proof).slice(2)], inputs, valid: false }),
  "B at infinity": ({ proof, inputs }) => ({
    proof: [...words(proof).slice(0, 2), 0n, 0n, 0n, 0n, ...words(proof).slice(6)],
    inputs,
    valid: false,
  }),
  "C at infinity": ({ proof, inputs }) => ({ proof: [...words(proof).slice(0, 6), 0n, 0n], inputs, valid: false }),
  "all at infinity": ({ inputs }) => ({ proof: Array<bigint>(8).fill(0n), inputs, valid: false }),
  "coordinate + p": ({ proof, inputs }, round) => {
    const all = words(proof);
    return { proof: replaced(all, round % 8, (all[round % 8] ?? 0n) + BASE), inputs, valid: false, bySnarkjs: true };
  },
  "not on the curve": ({ proof, inputs }, round) => {
    const all = words(proof);
    return { proof: replaced(all, round % 8, ((all[round % 8] ?? 0n) + 1n) % BASE), inputs, valid: false };
  },
  "a bit turned": ({ proof, inputs }, round) => {
    const all = words(proof);
    const bit = 1n << (seeded(`bit ${round}`) % 253n);
    return { proof: replaced(all, round % 8, ((all[round % 8] ?? 0n) ^ bit) % BASE), inputs, valid: false };
  },
  "B outside the subgroup": ({ proof: { a, c }, inputs }, round) => ({
    proof: words({ a, b: outsideTheSubgroup(round), c }),
    inputs,
    valid: false,
  }),
  "B moved out of the subgroup": ({ proof: { a, b, c }, inputs }, round) => ({
    proof: words({ a, b: b.add(cofactorPart(outsideTheSubgroup(round))), c }),
    inputs,
    valid: false,
  }),
  "of other inputs": ({ proof }, round) => ({ proof: words(proof), inputs: inputsOf(`other ${round}`), valid: false }),
  "C of another proof": ({ proof: { a, b }, inputs }, round) => ({
    proof: words({ a, b, c: first(BigInt(round + 2)) }),
    inputs,
    valid: false,
  }),
};

function makeCases(count: number): Case[] {
  const bases = Array.from({ length: 25 }, (_, at) => {
    const inputs = inputsOf(String(at));
    return { inputs, proof: prove(inputs, String(at)) };
  });
  const ways = Object.entries(kinds);
  return Array.from({ length: count }, (_, at) => {
    const round = Math.floor(at / ways.length);
    const way = ways[at % ways.length];
    const base = bases[round % bases.length];
    if (way === undefined || base === undefined) throw new Error("there are no ways");
    return { kind: way[0], ...way[1](base, round) };
  });
}

async function deploy(signer: Signer): Promise<BaseContract> {
  const file = new URL(
    "../../../cache/test-artifacts/test/contracts/mocks/TestPriceProofVerifier.sol/TestPriceProofVerifier.json",
    import.meta.url,
  );
  const { abi, bytecode } = JSON.parse(await readFile(file, "utf8")) as { abi: InterfaceAbi; bytecode: string };
  return (await new ContractFactory(abi, bytecode, signer).deploy()).waitForDeployment();
}

describe("the generated verifier", function () {
  this.timeout(600_000);
  let verifier: BaseContract;
  let curve: Awaited<ReturnType<Curves["getCurveFromName"]>>;
  const ask = (name: string, ...args: unknown[]) => verifier.getFunction(name).staticCall(...args) as Promise<unknown>;

  /** A copy: the result of a call cannot be passed to another. */
  const termOf = async (root: bigint | undefined): Promise<bigint[]> => [...((await ask("sourcesTerm", root)) as bigint[])];

  before(async () => {
    const { ethers } = await network.create();
    const [signer] = await ethers.getSigners();
    if (!signer) throw new Error("the network has no account");
    verifier = await deploy(signer);
    curve = await (snarkjs as unknown as { curves: Curves }).curves.getCurveFromName("bn128");
  });

  after(() => curve.terminate());

  it("says of 1,000 proofs and forgeries what snarkjs says", async () => {
    const key = snarkjsKey();
    const cases = makeCases(1_000);
    const compared = async ({ kind, proof, inputs, valid, bySnarkjs = valid }: Case): Promise<string[]> => {
      const [ours, theirs] = await Promise.all([
        ask("verifyProof", proof, inputs),
        snarkjs.groth16.verify(key, inputs.map(String), snarkjsProof(proof) as never),
      ]);
      return ours === valid && theirs === bySnarkjs ? [] : [`${kind}: ${String(ours)}, snarkjs ${String(theirs)}`];
    };
    const wrong: string[] = [];
    for (let at = 0; at < cases.length; at += 25) wrong.push(...(await Promise.all(cases.slice(at, at + 25).map(compared))).flat());
    expect(wrong).to.deep.equal([]);
    expect(cases.filter(({ valid }) => valid)).to.have.length.within(200, 300);
  });

  it("refuses what is out of its field before any precompile takes the gas", async () => {
    const inputs = inputsOf("gas");
    const proof = words(prove(inputs, "gas"));
    const term = await termOf(inputs[1]);
    const cheap = { gasLimit: 50_000n };
    for (let at = 0; at < 8; at++) {
      const wrong = replaced(proof, at, (proof[at] ?? 0n) + BASE);
      expect(await ask("verifyProof", wrong, inputs, cheap), `coordinate ${at}`).to.equal(false);
      expect(await ask("verifyProofOfSources", wrong, term, without(inputs, 1), cheap), `coordinate ${at}`).to.equal(false);
      expect(await ask("verifyBatch", [wrong], [inputs], cheap), `coordinate ${at} of a batch`).to.equal(false);
    }
    for (let at = 0; at < 5; at++) {
      const wrong = replaced(inputs, at, (inputs[at] ?? 0n) + SCALAR);
      expect(await ask("verifyProof", proof, wrong, cheap), `input ${at}`).to.equal(false);
      expect(await ask("verifyBatch", [proof], [wrong], cheap), `input ${at} of a batch`).to.equal(false);
      if (at !== 1) expect(await ask("verifyProofOfSources", proof, term, without(wrong, 1), cheap), `input ${at}`).to.equal(false);
    }
    expect(await termOf(SCALAR)).to.deep.equal([0n, 0n]);
  });

  it("says the same with the term of the sources as with their root", async () => {
    for (const { kind, proof, inputs, valid } of makeCases(Object.keys(kinds).length)) {
      const root = inputs[1] ?? 0n;
      if (root >= SCALAR) continue;
      const term = await termOf(root);
      expect(await ask("verifyProofOfSources", proof, term, without(inputs, 1)), kind).to.equal(valid);
      const other = await termOf(root + 1n);
      if (kind === "true") expect(await ask("verifyProofOfSources", proof, other, without(inputs, 1))).to.equal(false);
    }
  });

  it("says of a batch that all of it is true, for each way to spoil one proof", async () => {
    const cases = makeCases(Object.keys(kinds).length);
    const good = cases.filter(({ valid }) => valid);
    const batch = (all: readonly Case[]) =>
      ask(
        "verifyBatch",
        all.map(({ proof }) => proof),
        all.map(({ inputs }) => inputs),
      );
    expect(await batch(good)).to.equal(true);
    expect(await batch(good.toReversed())).to.equal(true);
    expect(await batch(good.slice(0, 1))).to.equal(true);
    for (const [at, each] of cases.entries()) {
      if (each.valid) continue;
      const place = at % (good.length + 1);
      expect(await batch([...good.slice(0, place), each, ...good.slice(place)]), `${each.kind} at ${place}`).to.equal(false);
      expect(await batch([each]), `${each.kind} alone`).to.equal(false);
    }
  });

  it("does not let false proofs of a batch make up for each other", async () => {
    const all = [0, 1, 2].map((at) => ({ proof: prove(inputsOf(`pair ${at}`), `pair ${at}`), inputs: inputsOf(`pair ${at}`) }));
    const [one, two, three] = all;
    if (!one || !two || !three) throw new Error("there are three");
    const shift = first(3n); // C is off by as much in one as it is in the other direction in the other
    const c = (of: typeof one, by: typeof shift) => words({ ...of.proof, c: of.proof.c.add(by) });
    const inputs = all.map((each) => each.inputs);
    const opposite = shift.negate();
    expect(await ask("verifyBatch", [c(one, shift), c(two, opposite), words(three.proof)], inputs)).to.equal(false);
    expect(await ask("verifyBatch", [words(one.proof), c(two, shift), c(three, opposite)], inputs)).to.equal(false);
    expect(await ask("verifyBatch", [c(one, shift), words(two.proof), words(three.proof)], inputs)).to.equal(false);
    const moved = [replaced(one.inputs, 0, (one.inputs[0] ?? 0n) + 1n), replaced(two.inputs, 0, (two.inputs[0] ?? 0n) - 1n), three.inputs];
    expect(
      await ask(
        "verifyBatch",
        [one, two, three].map(({ proof }) => words(proof)),
        moved,
      ),
    ).to.equal(false);
  });

  it("draws the factors of a batch from the proofs and the inputs: who knows them in advance could make up", async () => {
    const all = ["bound 0", "bound 1"].map((label) => ({ proof: prove(inputsOf(label), label), inputs: inputsOf(label) }));
    const [one, two] = all;
    if (!one || !two) throw new Error("there are two");
    const proofs = all.map(({ proof }) => words(proof));
    const inputs = all.map((each) => each.inputs);
    // Factors as they would be if the inputs were not hashed: then these inputs are false and pass.
    const ofProofs = factorOf(proofs.flat());
    const moved = [
      replaced(one.inputs, 4, modulo((one.inputs[4] ?? 0n) - ofProofs)),
      replaced(two.inputs, 4, modulo((two.inputs[4] ?? 0n) + 1n)),
    ];
    expect(await ask("verifyBatch", proofs, moved)).to.equal(false);
    // And if the proofs were not: these are false and pass.
    const ofInputs = factorOf(inputs.flat());
    const c = (of: typeof one, scalar: bigint) => words({ ...of.proof, c: of.proof.c.add(first(modulo(scalar))) });
    expect(await ask("verifyBatch", [c(one, -ofInputs), c(two, 1n)], inputs)).to.equal(false);
  });

  it("takes no empty batch, and no other number of inputs than of proofs", async () => {
    const inputs = inputsOf("count");
    const proof = words(prove(inputs, "count"));
    for (const [proofs, all] of [
      [[], []],
      [[proof], []],
      [[], [inputs]],
      [[proof, proof], [inputs]],
      [[proof], [inputs, inputs]],
    ] as const) {
      expect(await ask("verifyBatch", proofs, all)).to.equal(false);
    }
  });
});
