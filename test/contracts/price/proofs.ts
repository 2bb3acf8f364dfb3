// A verifying key whose secret is known, so that a proof of any public inputs can be made without a circuit: what is tested with
// it is the verifier, not what it verifies. Everything comes from a seed.
import { bn254 } from "@noble/curves/bn254.js";
import { keccak256, toBeHex, toUtf8Bytes } from "ethers";

export const SCALAR = bn254.fields.Fr.ORDER;
export const BASE = bn254.fields.Fp.ORDER;

const { G1, G2 } = bn254;
const modulo = (value: bigint): bigint => ((value % SCALAR) + SCALAR) % SCALAR;
const invert = (value: bigint): bigint => bn254.fields.Fr.inv(value);

/** A number of the scalar field, not zero, that belongs to a label. */
export const seeded = (label: string): bigint => (BigInt(keccak256(toUtf8Bytes(`mintd.proofs.1/${label}`))) % (SCALAR - 1n)) + 1n;

const secret = {
  alpha: seeded("alpha"),
  beta: seeded("beta"),
  gamma: seeded("gamma"),
  delta: seeded("delta"),
  ic: Array.from({ length: 6 }, (_, at) => seeded(`ic ${at}`)),
};

export type Point = typeof G1.Point.BASE;
export type Point2 = typeof G2.Point.BASE;

/** scalar * generator; a scalar of 0 is the point at infinity. */
export const first = (scalar: bigint): Point => (scalar === 0n ? G1.Point.ZERO : G1.Point.BASE.multiply(scalar));
export const second = (scalar: bigint): Point2 => (scalar === 0n ? G2.Point.ZERO : G2.Point.BASE.multiply(scalar));

/** A proof as the contract takes it. */
export type Words = readonly bigint[];

export interface Proof {
  readonly a: Point;
  readonly b: Point2;
  readonly c: Point;
}

/** A true proof of `inputs`: a and b are free, c is what the equation then demands. */
export function prove(inputs: readonly bigint[], label: string): Proof {
  return proofOf(seeded(`a of ${label}`), seeded(`b of ${label}`), inputs);
}

/** The same with chosen a and b, which may be 0. */
export function proofOf(a: bigint, b: bigint, inputs: readonly bigint[]): Proof {
  const { alpha, beta, gamma, delta, ic } = secret;
  const bound = inputs.reduce((sum, input, at) => sum + input * (ic[at + 1] ?? 0n), ic[0] ?? 0n);
  return { a: first(a), b: second(b), c: first(modulo((a * b - alpha * beta - bound * gamma) * invert(delta))) };
}

/** Another true proof of the same: (s * A, B / s, C), then B shifted along delta. */
export function rerandomised({ a, b, c }: Proof, label: string): Proof {
  const scale = seeded(`scale of ${label}`);
  const shift = seeded(`shift of ${label}`);
  const scaled = a.multiply(scale);
  return {
    a: scaled,
    b: b.multiply(invert(scale)).add(second(secret.delta).multiply(shift)),
    c: c.add(scaled.multiply(shift)),
  };
}

const flat = ({ x, y }: { x: bigint; y: bigint }): bigint[] => [x, y];

/** A.x, A.y, B.x imaginary, real, B.y imaginary, real, C.x, C.y; infinity is zeros. */
export function words({ a, b, c }: Proof): Words {
  const { x, y } = b.toAffine();
  return [...flat(a.toAffine()), ...(b.is0() ? [0n, 0n, 0n, 0n] : [x.c1, x.c0, y.c1, y.c0]), ...flat(c.toAffine())];
}

const isZero = (...numbers: bigint[]): boolean => numbers.every((number) => number === 0n);
const g1 = (x: bigint, y: bigint): string[] => (isZero(x, y) ? ["0", "1", "0"] : [x.toString(), y.toString(), "1"]);
const g2 = (x: readonly [bigint, bigint], y: readonly [bigint, bigint]): string[][] =>
  isZero(...x, ...y)
    ? [
        ["0", "0"],
        ["1", "0"],
        ["0", "0"],
      ]
    : [x.map(String), y.map(String), ["1", "0"]];

/** The same proof in the form that snarkjs takes. */
export function snarkjsProof(proof: Words) {
  const [ax = 0n, ay = 0n, bxi = 0n, bxr = 0n, byi = 0n, byr = 0n, cx = 0n, cy = 0n] = proof;
  return { pi_a: g1(ax, ay), pi_b: g2([bxr, bxi], [byr, byi]), pi_c: g1(cx, cy), protocol: "groth16", curve: "bn128" };
}

/** The key in the form that snarkjs exports; keys/test.json is this. */
export function snarkjsKey() {
  const point = (scalar: bigint): string[] => {
    const { x, y } = first(scalar).toAffine();
    return g1(x, y);
  };
  const point2 = (scalar: bigint): string[][] => {
    const { x, y } = second(scalar).toAffine();
    return g2([x.c0, x.c1], [y.c0, y.c1]);
  };
  return {
    protocol: "groth16",
    curve: "bn128",
    nPublic: 5,
    vk_alpha_1: point(secret.alpha),
    vk_beta_2: point2(secret.beta),
    vk_gamma_2: point2(secret.gamma),
    vk_delta_2: point2(secret.delta),
    IC: secret.ic.map(point),
  };
}

/** Upper and lower half of a block's hash, as public inputs. */
export const halves = (hash: string): [bigint, bigint] => [BigInt(hash) >> 128n, BigInt(hash) & ((1n << 128n) - 1n)];

export const hex = (value: bigint): string => toBeHex(value, 32);
