import { bn254 } from "@noble/curves/bn254.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { FIELD } from "../widths.ts";
import type { VerifyingKey } from "./verifying-key.ts";

const known = (what: string): bigint =>
  BigInt(`0x${bytesToHex(sha256(utf8ToBytes(`mintd development powers of tau, known to everybody: ${what}`)))}`) % FIELD;

/**
 * What the development powers of tau are made from. Whoever knows these numbers proves any statement, and everybody does:
 * keys made from them are for local chains alone.
 */
export const developmentSecrets = { tau: known("tau"), alpha: known("alpha"), beta: known("beta") } as const;

/**
 * Whether a key comes from the development powers. Seen from the key itself, since alpha stays in it through phase 2: no file
 * beside it can say otherwise.
 */
export function isDevelopmentKey({ alpha1 }: Pick<VerifyingKey, "alpha1">): boolean {
  const { x, y } = bn254.G1.Point.BASE.multiply(developmentSecrets.alpha).toAffine();
  return alpha1[0] === x && alpha1[1] === y;
}
