import { createHash, type Hash } from "node:crypto";
import { developmentSecrets } from "../../src/price/prove/development.ts";
import { FIELD } from "../../src/price/widths.ts";
import { BASE_FIELD, BinaryFile, numberBytes, u32 } from "./binary.ts";
import { invert } from "./field.ts";
import { type KeyFactors, keyFactors } from "./key-factors.ts";
import type { KnownContributions } from "./known-contributions.ts";
import type { Group, Multiples } from "./multiplication.ts";
import { Multipliers, type Wanted } from "./multipliers.ts";
import { type ConstraintSystem, readR1cs } from "./r1cs.ts";

export interface DevelopmentKeyOptions {
  /** What is contributed to the key of a circuit with this hash (hexadecimal). Without it, the key is as phase 2 begins with it. */
  readonly contribute?: (circuitHash: string) => Promise<KnownContributions>;
  /** Told how many points of how many are made. */
  readonly onProgress?: (done: number, total: number) => void;
}

const nobody: NonNullable<DevelopmentKeyOptions["contribute"]> = () =>
  Promise.resolve({ delta: 1n, records: new Uint8Array(), hashes: [] });

/**
 * Writes a circuit's key (iden3's .zkey) over the development powers of tau. Since their numbers are known, no powers are needed:
 * each wire's polynomials are evaluated at tau, and each point of the key is one multiple of a generator. The same goes for
 * contributions whose numbers are known. A key that nobody contributed to is not to be used.
 *
 * Every byte of such a key is as snarkjs makes it from a file of more powers than the circuit needs. One of just enough lacks the
 * highest power that section 9 takes, and from 2^14 constraints on snarkjs hashes for the circuit what follows its last power.
 * @throws CeremonyFailed the file is no constraint system over BN254
 */
export async function writeDevelopmentKey(
  r1cs: string,
  out: string,
  { contribute = nobody, onProgress = () => undefined }: DevelopmentKeyOptions = {},
): Promise<KnownContributions> {
  const system = await readR1cs(r1cs);
  const factors = await keyFactors(system);
  const circuit = ofCircuit(system, factors);
  const all = [...Object.values(circuit), ...Object.values(ofDelta(system, factors, 1n))];
  const total = all.reduce((sum, part) => sum + part.factors.length, 0);
  let done = 0;
  const multipliers = new Multipliers(all);
  const ask = (part: Wanted): Points => {
    const chunks = multipliers.multiply(part, (count) => {
      onProgress((done += count), total);
    });
    return { group: part.group, count: part.factors.length, chunks };
  };
  try {
    const points = each(circuit, ask); // all at once, so that no program waits for another
    const hash = await circuitHash(system, points);
    const contributions = await contribute(hash.toString("hex"));
    const moved = each(ofDelta(system, factors, contributions.delta), ask);
    await writeKey(out, system, factors, { ...points, ...moved }, [hash, u32(contributions.hashes.length), contributions.records]);
    return contributions;
  } finally {
    multipliers.close();
  }
}

const g1 = (factors: readonly bigint[]): Wanted => ({ group: "G1", factors });
const g2 = (factors: readonly bigint[]): Wanted => ({ group: "G2", factors });

/** What snarkjs hashes of a circuit. */
function ofCircuit({ publicWires }: ConstraintSystem, { a, b, k, differences }: KeyFactors) {
  const { alpha, beta } = developmentSecrets;
  return {
    alpha1: g1([alpha]),
    beta1: g1([beta]),
    beta2: g2([beta]),
    one1: g1([1n]),
    one2: g2([1n]),
    inputs: g1(k.slice(0, publicWires + 1)),
    differences: g1(differences),
    private1: g1(k.slice(publicWires + 1)),
    a: g1(a),
    b1: g1(b),
    b2: g2(b),
  };
}

/** What contributions change. */
function ofDelta({ publicWires }: ConstraintSystem, { k, h }: KeyFactors, delta: bigint) {
  const share = invert(delta);
  const shared = (values: readonly bigint[]): bigint[] => values.map((value) => (value * share) % FIELD);
  return { delta1: g1([delta]), delta2: g2([delta]), h: g1(shared(h)), c: g1(shared(k.slice(publicWires + 1))) };
}

/** Points that are being made. */
interface Points {
  readonly group: Group;
  readonly count: number;
  readonly chunks: readonly Promise<Multiples>[];
}

type CircuitPoints = Readonly<Record<keyof ReturnType<typeof ofCircuit>, Points>>;
type KeyPoints = CircuitPoints & Readonly<Record<keyof ReturnType<typeof ofDelta>, Points>>;

function each<Name extends string>(parts: Readonly<Record<Name, Wanted>>, ask: (part: Wanted) => Points): Record<Name, Points> {
  const entries = Object.entries<Wanted>(parts).map(([name, part]) => [name, ask(part)]);
  return Object.fromEntries(entries) as Record<Name, Points>; // the same names
}

/** Of circuit and powers, as snarkjs makes it of a key without contributions. */
async function circuitHash({ power }: ConstraintSystem, points: CircuitPoints): Promise<Buffer> {
  const hash = createHash("blake2b512");
  const { alpha1, beta1, beta2, one1, one2, inputs, differences, private1, a, b1, b2 } = points;
  for (const part of [alpha1, beta1, beta2, one2, one1, one2]) await hashPoints(hash, part);
  for (const part of [inputs, { ...differences, count: 2 ** power - 1 }, private1, a, b1, b2]) {
    hash.update(u32(part.count).reverse());
    await hashPoints(hash, part);
  }
  return hash.digest();
}

async function hashPoints(hash: Hash, { chunks }: Points): Promise<void> {
  for (const chunk of chunks) hash.update((await chunk).hashed);
}

/** Sections in snarkjs' order. */
async function writeKey(
  out: string,
  { wires, publicWires, power }: ConstraintSystem,
  { coefficients }: KeyFactors,
  points: KeyPoints,
  contributions: readonly Uint8Array[],
): Promise<void> {
  const file = await BinaryFile.create(out, "zkey", 10);
  const write = async (id: number, parts: readonly Points[], ...before: readonly Uint8Array[]): Promise<void> => {
    const sizes = parts.map(({ group, count }) => count * (group === "G1" ? 64 : 128));
    await file.begin(id, Buffer.concat(before).length + sizes.reduce((sum, size) => sum + size, 0));
    await file.write(...before);
    for (const { chunks } of parts) for (const chunk of chunks) await file.write((await chunk).points);
  };
  try {
    const { alpha1, beta1, beta2, one2: gamma2, delta1, delta2, inputs, h, c, a, b1, b2 } = points;
    const fields = [u32(32), numberBytes(BASE_FIELD), u32(32), numberBytes(FIELD), u32(wires), u32(publicWires), u32(2 ** power)];
    await file.section(1, u32(1)); // Groth16
    await write(2, [alpha1, beta1, beta2, gamma2, delta1, delta2], ...fields);
    await file.section(4, coefficients);
    await write(3, [inputs]);
    await write(9, [h]);
    await write(8, [c]);
    await write(5, [a]);
    await write(6, [b1]);
    await write(7, [b2]);
    await file.section(10, ...contributions);
  } finally {
    await file.close();
  }
}
