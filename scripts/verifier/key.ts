import { bn254 } from "@noble/curves/bn254.js";
import { z } from "zod";
import { MintdError } from "../../src/error.ts";
import { assertSafeVerifyingKey, type G1, type G2, UnsafeKey, type VerifyingKey } from "../../src/price/prove/index.ts";

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
    alpha1: firstGroup("alpha", data.vk_alpha_1),
    beta2: secondGroup("beta", data.vk_beta_2),
    gamma2: secondGroup("gamma", data.vk_gamma_2),
    delta2: secondGroup("delta", data.vk_delta_2),
    inputs: data.IC.map((point, at) => firstGroup(`IC[${at}]`, point)),
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

/** Two inputs with one point could be exchanged for each other, as everything could with gamma = delta. */
function requireBinding(key: VerifyingKey): void {
  try {
    assertSafeVerifyingKey(key);
  } catch (error) {
    throw error instanceof UnsafeKey ? new InvalidVerifyingKey(error.message) : error;
  }
  if (new Set(key.inputs.map(([x]) => x)).size < key.inputs.length) throw new InvalidVerifyingKey("two public inputs have the same point");
}
