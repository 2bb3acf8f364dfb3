import { MintdError } from "../../error.ts";

/** A file is not a proving key. */
export class UnreadableKey extends MintdError {
  readonly code = "UNREADABLE_KEY";
  constructor(problem: string, cause?: unknown) {
    super(`the proving key cannot be read: ${problem}`, { cause, hint: "make it again with npm run ceremony, or fetch the published one" });
  }
}

/** Anybody could forge proofs for this key. Never to be used, not even to try something. */
export class UnsafeKey extends MintdError {
  readonly code = "UNSAFE_KEY";
  constructor(problem: string) {
    super(`the key lets anybody forge proofs: ${problem}`, { hint: "finish phase 2 with at least one contribution: npm run ceremony" });
  }
}

/** A key of the development powers of tau, whose secret is known, for something that is not a local chain. */
export class DevelopmentKey extends MintdError {
  readonly code = "DEVELOPMENT_KEY";
  constructor(network: string) {
    super(`${network} does not take a key made from the development powers of tau: their secret is known`, {
      hint: "make one from the public powers: npm run ceremony -- new --circuit price7 --powers powersOfTau28_hez_final_15.ptau",
    });
  }
}
