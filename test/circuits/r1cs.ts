import { FIELD } from "./program.ts";

/** Wires and their factors. */
type Combination = readonly (readonly [wire: number, factor: bigint])[];

/** Each constraint is a * b = c over the field. */
export interface R1cs {
  readonly wires: number;
  readonly constraints: readonly (readonly [a: Combination, b: Combination, c: Combination])[];
}

/** Reads circom's binary form (iden3's r1cs, version 1). Throws where it is another. */
export function readR1cs(bytes: Buffer): R1cs {
  if (bytes.toString("latin1", 0, 4) !== "r1cs" || bytes.readUInt32LE(4) !== 1) throw new Error("not an r1cs file of version 1");
  const sections = new Map<number, number>();
  for (let at = 12; at < bytes.length; at += 12 + Number(bytes.readBigUInt64LE(at + 4))) sections.set(bytes.readUInt32LE(at), at + 12);
  const header = sections.get(1) ?? NaN;
  if (bytes.readUInt32LE(header) !== 32 || number(bytes, header + 4) !== FIELD) throw new Error("not over the field of BN254");
  const count = bytes.readUInt32LE(header + 4 + 32 + 24);
  let at = sections.get(2) ?? NaN;
  const combination = (): Combination => {
    const terms = bytes.readUInt32LE(at);
    const from = at + 4;
    at = from + 36 * terms;
    return Array.from({ length: terms }, (_, k) => [bytes.readUInt32LE(from + 36 * k), number(bytes, from + 36 * k + 4)] as const);
  };
  const constraints = Array.from({ length: count }, () => [combination(), combination(), combination()] as const);
  return { wires: bytes.readUInt32LE(header + 36), constraints };
}

const number = (bytes: Buffer, at: number): bigint =>
  [3, 2, 1, 0].reduce((value, word) => (value << 64n) | bytes.readBigUInt64LE(at + 8 * word), 0n);

const sum = (terms: Combination, witness: readonly bigint[]): bigint =>
  terms.reduce((total, [wire, factor]) => total + factor * (witness[wire] ?? 0n), 0n) % FIELD;

/** Places of the constraints that a witness breaks. */
export function violated({ constraints }: R1cs, witness: readonly bigint[]): number[] {
  return constraints.flatMap(([a, b, c], at) => ((sum(a, witness) * sum(b, witness) - sum(c, witness)) % FIELD === 0n ? [] : [at]));
}

/**
 * Wires that can be changed alone and no constraint notices, by one of several changes: one more, one less, the opposite, a
 * large number. Wire 0 is the constant 1.
 */
export function unbound(r1cs: R1cs, witness: readonly bigint[]): number[] {
  const of = Array.from({ length: r1cs.wires }, (): number[] => []);
  r1cs.constraints.forEach((constraint, at) => {
    for (const wire of new Set(constraint.flatMap((terms) => terms.map(([each]) => each)))) of[wire]?.push(at);
  });
  const sums = r1cs.constraints.map(([a, b, c]) => [sum(a, witness), sum(b, witness), sum(c, witness)] as const);
  const factor = (terms: Combination | undefined, wire: number): bigint => terms?.find(([each]) => each === wire)?.[1] ?? 0n;
  return of.flatMap((places, wire) => {
    if (wire === 0) return [];
    const value = witness[wire] ?? 0n;
    const changes = [1n, -1n, -2n * value, (1n << 128n) + 7n].filter((change) => change % FIELD !== 0n);
    const isFree = changes.some((change) =>
      places.every((at) => {
        const [a = 0n, b = 0n, c = 0n] = (sums[at] ?? []).map((each, k) => each + change * factor(r1cs.constraints[at]?.[k], wire));
        return (a * b - c) % FIELD === 0n;
      }),
    );
    return isFree ? [wire] : [];
  });
}
