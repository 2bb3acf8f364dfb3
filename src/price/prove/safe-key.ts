import { bn254 } from "@noble/curves/bn254.js";
import { isDevelopmentKey } from "./development.ts";
import { DevelopmentKey, UnsafeKey } from "./errors.ts";
import type { KeyFacts } from "./key-file.ts";
import type { VerifyingKey } from "./verifying-key.ts";

/**
 * Refuses a proving key with which anybody forges proofs. snarkjs hands out such a key before phase 2 and calls it "Ok".
 * @throws UnsafeKey no contribution, gamma == delta, or a list of contributions that is not about this delta
 */
export function assertSafeKey(key: KeyFacts): void {
  if (key.deltaAfter === undefined) throw new UnsafeKey("it has no contribution of phase 2");
  assertSafeVerifyingKey(key.verifyingKey);
  const one = bn254.G1.Point.BASE.toAffine();
  if (same(key.delta1, [one.x, one.y])) throw new UnsafeKey("gamma and delta are the same");
  if (!same(key.deltaAfter, key.delta1)) throw new UnsafeKey("its contributions do not end at its delta");
}

/**
 * What can be seen of that in a verifying key alone: with gamma = delta or gamma = -delta, whoever proves can move the public
 * inputs into C, and every statement has a proof.
 * @throws UnsafeKey
 */
export function assertSafeVerifyingKey({ gamma2, delta2 }: VerifyingKey): void {
  const [[gammaX], [deltaX]] = [gamma2, delta2];
  if (same(gammaX, deltaX))
    throw new UnsafeKey("gamma and delta are the same, but for their sign at most: gamma is delta where nobody has contributed");
}

/**
 * Refuses keys of the development powers of tau anywhere but on a local chain.
 * @param network name for the message
 * @throws DevelopmentKey
 */
export function assertKeyFor(key: VerifyingKey, { network, local }: { readonly network: string; readonly local: boolean }): void {
  assertSafeVerifyingKey(key);
  if (!local && isDevelopmentKey(key)) throw new DevelopmentKey(network);
}

const same = (a: readonly bigint[], b: readonly bigint[]): boolean => a.length === b.length && a.every((each, at) => each === b[at]);
