// Arithmetic of BN254's scalar field on numbers that are known. Nothing here is constant-time: nothing here is secret.
import { FIELD } from "../../src/price/widths.ts";

/** From 0 to FIELD - 1, whatever the sign. */
export const modulo = (value: bigint): bigint => ((value % FIELD) + FIELD) % FIELD;

export function raise(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = modulo(base), rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % FIELD) {
    if (rest & 1n) result = (result * square) % FIELD;
  }
  return result;
}

export const invert = (value: bigint): bigint => raise(value, FIELD - 2n);

/** `first` times the powers of `base` from 0 on. */
export function powersOf(base: bigint, count: number, first = 1n): bigint[] {
  const powers: bigint[] = [];
  for (let power = first; powers.length < count; power = (power * base) % FIELD) powers.push(power);
  return powers;
}

/** A generator of the 2^power-th roots of unity; 2^28 is the largest such group of the field. */
const rootOf = (power: number): bigint => raise(raise(5n, (FIELD - 1n) >> 28n), 1n << BigInt(28 - power));

/** Values at `at` of the 2^power Lagrange polynomials over the roots of unity. */
export function lagrange(at: bigint, power: number): bigint[] {
  return lagrangeOf(at, 2 ** power, powersOf(rootOf(power), 2 ** power));
}

/** Values at `at` of every other of the 2^(power + 1) Lagrange polynomials, from the second on. */
export function oddLagrange(at: bigint, power: number): bigint[] {
  const root = rootOf(power + 1);
  return lagrangeOf(at, 2 ** (power + 1), powersOf((root * root) % FIELD, 2 ** power, root));
}

/** Of the polynomials over the `size`-th roots of unity, those that are 1 at `roots`. */
function lagrangeOf(at: bigint, size: number, roots: readonly bigint[]): bigint[] {
  const share = (modulo(raise(at, BigInt(size)) - 1n) * invert(BigInt(size))) % FIELD;
  const inverses = invertAll(roots.map((root) => modulo(at - root)));
  return roots.map((root, index) => ((((inverses[index] ?? 0n) * share) % FIELD) * root) % FIELD);
}

/** All inverses for the price of one and three products each. */
function invertAll(values: readonly bigint[]): bigint[] {
  const products = [1n];
  for (const value of values) products.push(((products.at(-1) ?? 1n) * value) % FIELD);
  let inverse = invert(products.pop() ?? 1n);
  const inverses: bigint[] = [];
  for (let at = values.length - 1; at >= 0; at--) {
    inverses.push((inverse * (products[at] ?? 1n)) % FIELD);
    inverse = (inverse * (values[at] ?? 1n)) % FIELD;
  }
  return inverses.reverse();
}
