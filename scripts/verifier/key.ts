import { bn254 } from "@noble/curves/bn254.js";
import { z } from "zod";
import { MintdError } from "../../src/error.ts";

/** A point of BN254's first group, affine. */
export type G1 = readonly [x: bigint, y: bigint];

/** A point of the second group; each coordinate is [real, imaginary]. */
export type G2 = readonly [x: readonly [bigint, bigint], y: readonly [bigint, bigint]];

/** What a Groth16 verifier knows of its circuit. */
export interface VerifyingKey {
  readonly alpha: G1;
  readonly beta: G2;
  readonly gamma: G2;
  readonly delta: G2;
  /** One point for the constant 1 and one for each public input. */
  readonly ic: readonly G1[];
}

/** Public inputs of every price circuit. */
export const INPUTS = 5;

/** A verifying key that no verifier may be made of. */
export class InvalidVerifyingKey extends MintdError {
  readonly code = "INVALID_VERIFYING_KEY";
  constructor(problem: string) {
    super(`the verifying key cannot be used: ${problem}`, {
      hint: "export it anew from the last contribution of the ceremony; a key without a contribution lets anybody forge proofs",
    });
  }
}

const digits = z.string().regex(/^(0|[1-9][0-9]*)$/, "is not a decimal number");
const one = z.literal("1");
const pair = z.tuple([digits, digits]);
const g1 = z.tuple([digits, digits, one]);
const g2 = z.tuple([pair, pair, z.tuple([one, z.literal("0")])]);
const snarkjsKey = z.object({
  protocol: z.literal("groth16"),
  curve: z.literal("bn128"),
  nPublic: z.literal(INPUTS),
  vk_alpha_1: g1,
  vk_beta_2: g2,
  vk_gamma_2: g2,
  vk_delta_2: g2,
  IC: z.array(g1).length(INPUTS + 1),
});

/**
 * Reads the JSON that snarkjs exports, and refuses a key that proves nothing.
 * @throws InvalidVerifyingKey
 */
export function readVerifyingKey(json: string): VerifyingKey {
  const parsed = snarkjsKey.safeParse(parse(json));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidVerifyingKey(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "has another form"}`);
  }
  const { data } = parsed;
  const key = {
    alpha: firstGroup("alpha", data.vk_alpha_1),
    beta: secondGroup("beta", data.vk_beta_2),
    gamma: secondGroup("gamma", data.vk_gamma_2),
    delta: secondGroup("delta", data.vk_delta_2),
    ic: data.IC.map((point, at) => firstGroup(`IC[${at}]`, point)),
  };
  requireBinding(key);
  return key;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new InvalidVerifyingKey("it is not JSON");
  }
}

/** On the curve, not at infinity; the group's order is prime, so this is all. */
function firstGroup(name: string, [x, y]: readonly [string, string, string]): G1 {
  const point = [BigInt(x), BigInt(y)] as const;
  valid(name, () => bn254.G1.Point.fromAffine({ x: point[0], y: point[1] }));
  return point;
}

/** On the twist and in the subgroup, not at infinity. */
function secondGroup(name: string, [x, y]: readonly [readonly [string, string], readonly [string, string], unknown]): G2 {
  const point = [[BigInt(x[0]), BigInt(x[1])] as const, [BigInt(y[0]), BigInt(y[1])] as const] as const;
  const two = ([c0, c1]: readonly [bigint, bigint]) => ({ c0, c1 });
  valid(name, () => bn254.G2.Point.fromAffine({ x: two(point[0]), y: two(point[1]) }));
  return point;
}

function valid(name: string, read: () => { assertValidity: () => void; is0: () => boolean }): void {
  let none: boolean;
  try {
    const point = read();
    none = point.is0();
    if (!none) point.assertValidity();
  } catch {
    throw new InvalidVerifyingKey(`${name} is not a point of its group`);
  }
  if (none) throw new InvalidVerifyingKey(`${name} is the point at infinity, which binds nothing`);
}

/**
 * With gamma = delta or gamma = -delta, whoever proves can move the public inputs into C: every statement has a proof. The same
 * holds between two inputs with one point.
 */
function requireBinding({ gamma, delta, ic }: VerifyingKey): void {
  if (gamma[0][0] === delta[0][0] && gamma[0][1] === delta[0][1]) {
    throw new InvalidVerifyingKey("gamma is delta: nobody has contributed to it, and anybody can forge proofs");
  }
  if (new Set(ic.map(([x]) => x)).size < ic.length) throw new InvalidVerifyingKey("two public inputs have the same point");
}
