import { setImmediate } from "node:timers/promises";
import { developmentSecrets } from "../../src/price/prove/development.ts";
import { FIELD } from "../../src/price/widths.ts";
import { numberBytes, u32 } from "./binary.ts";
import { lagrange, modulo, oddLagrange, powersOf, raise } from "./field.ts";
import type { ConstraintSystem, Term } from "./r1cs.ts";

/** What a development key is made of: the numbers that its points are multiples by. */
export interface KeyFactors {
  /** Each wire's polynomials at tau. */
  readonly a: readonly bigint[];
  readonly b: readonly bigint[];
  /** beta a + alpha b + c of each wire. */
  readonly k: readonly bigint[];
  /** Of the quotient: the odd Lagrange polynomials of the level above. */
  readonly h: readonly bigint[];
  /** tau^(i + domain) - tau^i: no part of the key, but of the hash of its circuit. */
  readonly differences: readonly bigint[];
  /** The coefficients of a and b, as provers read them. */
  readonly coefficients: Uint8Array;
}

/** Coefficients are stored times 2^512. */
const SCALE = 2n ** 512n % FIELD;
/** Differences that snarkjs hashes at a time. */
const HASHED_AT_A_TIME = 2 ** 14;
/** Constraints that are read before others have their turn. */
const PAUSE = 256;

/** What a circuit's key is made of under the development secrets. Seconds for a hundred thousand constraints, with pauses. */
export async function keyFactors(system: ConstraintSystem): Promise<KeyFactors> {
  const { tau, alpha, beta } = developmentSecrets;
  const domain = 2 ** system.power;
  const level = lagrange(tau, system.power);
  const zeros = (): bigint[] => Array.from({ length: system.wires }, () => 0n);
  const [a, b, c] = [zeros(), zeros(), zeros()];
  const coefficients = new Coefficients();
  const add = (sums: bigint[], terms: readonly Term[], row: number): void => {
    const value = level[row] ?? 0n;
    for (const { wire, coefficient } of terms) sums[wire] = ((sums[wire] ?? 0n) + times(coefficient, value)) % FIELD;
  };
  let row = 0;
  for (const [left, right, product] of system.constraints()) {
    add(a, left, row);
    add(b, right, row);
    add(c, product, row);
    coefficients.add(0, row, left);
    coefficients.add(1, row, right);
    if (++row % PAUSE === 0) await setImmediate();
  }
  for (let wire = 0; wire <= system.publicWires; wire++, row++) {
    const itself = [{ wire, coefficient: 1n }]; // makes the public wires' polynomials independent of each other
    add(a, itself, row);
    coefficients.add(0, row, itself);
  }
  return {
    a,
    b,
    k: c.map((value, wire) => (beta * (a[wire] ?? 0n) + alpha * (b[wire] ?? 0n) + value) % FIELD),
    h: oddLagrange(tau, system.power),
    differences: powersOf(tau, hashedDifferences(domain), modulo(raise(tau, BigInt(domain)) - 1n)),
    coefficients: coefficients.section(),
  };
}

/** One less than the domain has; where snarkjs hashes in several turns, it takes full ones. */
const hashedDifferences = (domain: number): number => (domain > HASHED_AT_A_TIME ? domain : domain - 1);

/** Most coefficients are 1 or -1. */
function times(coefficient: bigint, value: bigint): bigint {
  if (coefficient === 1n) return value;
  return coefficient === FIELD - 1n ? FIELD - value : (coefficient * value) % FIELD;
}

/** Entries of matrix, row, wire and value. Matrix 0 is a, 1 is b. */
class Coefficients {
  readonly #rows: Uint8Array[] = [];
  readonly #scaled = new Map<bigint, Buffer>();
  #count = 0;

  add(matrix: 0 | 1, row: number, terms: readonly Term[]): void {
    this.#count += terms.length;
    this.#rows.push(Buffer.concat(terms.flatMap(({ wire, coefficient }) => [u32(matrix), u32(row), u32(wire), this.#scale(coefficient)])));
  }

  section(): Uint8Array {
    return Buffer.concat([u32(this.#count), Buffer.concat(this.#rows)]);
  }

  #scale(coefficient: bigint): Buffer {
    const known = this.#scaled.get(coefficient);
    if (known !== undefined) return known;
    const scaled = numberBytes((coefficient * SCALE) % FIELD);
    this.#scaled.set(coefficient, scaled);
    return scaled;
  }
}
