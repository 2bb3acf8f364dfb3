import { bn254 } from "@noble/curves/bn254.js";
import { FIELD } from "../widths.ts";
import type { G1, G2, Proof, VerifyingKey } from "./verifying-key.ts";

const { G1: Group1, G2: Group2 } = bn254;
type Point1 = InstanceType<typeof Group1.Point>;
type Point2 = InstanceType<typeof Group2.Point>;

/**
 * Whether a proof holds for these public inputs: e(a, b) = e(alpha, beta) e(inputs, gamma) e(c, delta). About 60 ms.
 * Inputs outside of the field and points outside of their groups make it false, never another number.
 */
export function verifyProof(key: VerifyingKey, publicInputs: readonly bigint[], { a, b, c }: Proof): boolean {
  if (publicInputs.length !== key.inputs.length - 1) return false;
  if (publicInputs.some((input) => input < 0n || input >= FIELD)) return false;
  try {
    const said = publicInputs.reduce(
      (sum, input, at) => sum.add(times(point1(key.inputs[at + 1] ?? [0n, 0n]), input)),
      point1(key.inputs[0] ?? [0n, 0n]),
    );
    const pairs = [
      [point1(a).negate(), point2(b)],
      [point1(key.alpha1), point2(key.beta2)],
      [said, point2(key.gamma2)],
      [point1(c), point2(key.delta2)],
    ] as const;
    const product = bn254.pairingBatch(pairs.filter(([g1, g2]) => !g1.is0() && !g2.is0()).map(([g1, g2]) => ({ g1, g2 })));
    return bn254.fields.Fp12.eql(product, bn254.fields.Fp12.ONE);
  } catch {
    return false; // a point that is on no curve, or in no subgroup
  }
}

const times = (point: Point1, factor: bigint): Point1 => (factor === 0n ? Group1.Point.ZERO : point.multiplyUnsafe(factor));

function point1([x, y]: G1): Point1 {
  if (x === 0n && y === 0n) return Group1.Point.ZERO;
  const point = Group1.Point.fromAffine({ x, y });
  point.assertValidity();
  return point;
}

function point2([[x0, x1], [y0, y1]]: G2): Point2 {
  const point = Group2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } });
  point.assertValidity();
  return point;
}
