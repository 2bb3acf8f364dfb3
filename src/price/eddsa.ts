import { babyjubjub } from "@noble/curves/misc.js";
import { blake512 } from "@noble/hashes/blake1.js";
import { poseidon5 } from "poseidon-lite/poseidon5";
import type { Secret } from "../secret.ts";
import { InvalidSourceKey } from "./errors.ts";
import { FIELD } from "./widths.ts";

/** A source's public key: a point of Baby Jubjub. */
export interface SourceKey {
  readonly x: bigint;
  readonly y: bigint;
}

/** EdDSA on Baby Jubjub with Poseidon, as circomlib's verifier takes it: a point and a number below the subgroup's order. */
export interface Signature {
  readonly r8x: bigint;
  readonly r8y: bigint;
  readonly s: bigint;
}

const { Point } = babyjubjub;
type Point = InstanceType<typeof Point>;

/** Order of the subgroup in which keys and signatures lie. */
export const SUBGROUP_ORDER = Point.CURVE().n;

const bigints = (bytes: Uint8Array): bigint => BigInt("0x" + Buffer.from(bytes).reverse().toString("hex"));

/** The point of affine coordinates, or undefined where they are none below the field or not on the curve. */
function pointAt(x: bigint, y: bigint): Point | undefined {
  if (x < 0n || y < 0n || x >= FIELD || y >= FIELD) return undefined;
  try {
    const point = Point.fromAffine({ x, y });
    point.assertValidity();
    return point;
  } catch {
    return x === 0n && y === 1n ? Point.ZERO : undefined;
  }
}

/** Whether a key may be registered: on the curve, not the neutral point, in the subgroup of prime order. No circuit checks it. */
export function isSourceKey({ x, y }: SourceKey): boolean {
  const point = pointAt(x, y);
  return point !== undefined && !point.is0() && point.isTorsionFree();
}

/**
 * Whether `signature` is `key`'s for `message`: S * B8 = R8 + 8 * hash * A, what the circuit holds.
 * Other encodings of the same signature (S plus the order, coordinates plus the field) are none.
 */
export function verifies(key: SourceKey, message: bigint, { r8x, r8y, s }: Signature): boolean {
  const a = pointAt(key.x, key.y);
  const r8 = pointAt(r8x, r8y);
  if (a === undefined || r8 === undefined || s < 0n || s >= SUBGROUP_ORDER) return false;
  const hash = poseidon5([r8x, r8y, key.x, key.y, message]) % SUBGROUP_ORDER;
  const left = Point.BASE.multiplyUnsafe(s);
  return left.equals(r8.add(a.clearCofactor().multiplyUnsafe(hash)));
}

/** Signs with a key that stays inside. */
export interface SourceSigner {
  readonly key: SourceKey;
  /** @param message a field element, as `quoteMessage` makes them */
  sign(message: bigint): Signature;
}

/**
 * A source's signer, for running one's own source. Key derivation and nonces are circomlibjs's (BLAKE-512, pruned), so that a
 * key that is in use there signs the same here, byte for byte. Signing is deterministic.
 *
 * JavaScript's bigints take no constant time: run it where nobody can measure it, or sign elsewhere.
 * @throws InvalidSourceKey
 */
export function sourceSigner(privateKey: Secret<Uint8Array>): SourceSigner {
  const bytes = privateKey.reveal();
  if (bytes.length !== 32) throw new InvalidSourceKey();
  const expanded = blake512(bytes);
  const pruned = expanded.slice(0, 32);
  pruned[0] = (pruned[0] ?? 0) & 0xf8;
  pruned[31] = ((pruned[31] ?? 0) & 0x7f) | 0x40;
  const secret = bigints(pruned);
  const { x, y } = Point.BASE.multiply((secret >> 3n) % SUBGROUP_ORDER).toAffine();
  return {
    key: { x, y },
    sign(message) {
      const encoded = Buffer.from(message.toString(16).padStart(64, "0"), "hex").reverse();
      const r = bigints(blake512(Buffer.concat([expanded.slice(32), encoded]))) % SUBGROUP_ORDER;
      const r8 = Point.BASE.multiply(r).toAffine();
      const hash = poseidon5([r8.x, r8.y, x, y, message]);
      return { r8x: r8.x, r8y: r8.y, s: (r + hash * secret) % SUBGROUP_ORDER };
    },
  };
}
