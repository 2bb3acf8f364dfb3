/** A point of BN254's first group; [0, 0] is the point at infinity, as in the precompiles. */
export type G1 = readonly [x: bigint, y: bigint];

/** A point of the second group; each coordinate is [real, imaginary]. */
export type G2 = readonly [x: readonly [bigint, bigint], y: readonly [bigint, bigint]];

/** What a verifier needs of a Groth16 key. */
export interface VerifyingKey {
  readonly alpha1: G1;
  readonly beta2: G2;
  readonly gamma2: G2;
  readonly delta2: G2;
  /** One point for the constant 1 and one for each public input. */
  readonly inputs: readonly G1[];
}

/** A Groth16 proof. */
export interface Proof {
  readonly a: G1;
  readonly b: G2;
  readonly c: G1;
}

/** snarkjs' form of a verifying key: projective points of decimal digits. */
export function toSnarkjsKey(key: VerifyingKey): Readonly<Record<string, unknown>> {
  const names = { vk_alpha_1: g1(key.alpha1), vk_beta_2: g2(key.beta2), vk_gamma_2: g2(key.gamma2), vk_delta_2: g2(key.delta2) };
  return { protocol: "groth16", curve: "bn128", nPublic: key.inputs.length - 1, ...names, IC: key.inputs.map(g1) };
}

/** snarkjs' form of a proof. */
export function toSnarkjsProof({ a, b, c }: Proof): Readonly<Record<string, unknown>> {
  return { pi_a: g1(a), pi_b: g2(b), pi_c: g1(c), protocol: "groth16", curve: "bn128" };
}

const isNone = ([x, y]: G1): boolean => x === 0n && y === 0n;
const g1 = (point: G1): string[] => (isNone(point) ? ["0", "1", "0"] : [point[0].toString(), point[1].toString(), "1"]);
const g2 = ([x, y]: G2): string[][] => [x.map(String), y.map(String), ["1", "0"]];
