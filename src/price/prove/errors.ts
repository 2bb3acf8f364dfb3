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

/** A prover that was closed was asked for a proof, or was closed before it made one. */
export class ProverClosed extends MintdError {
  readonly code = "PROVER_CLOSED";
  constructor() {
    super("the prover is closed", { hint: "open another one" });
  }
}

/** The prover made no proof, by a fault of its own. The same inputs may be tried again. */
export class ProverFailed extends MintdError {
  readonly code = "PROVER_FAILED";
  constructor(problem: string, cause?: unknown) {
    super(`no proof was made: ${problem}`, {
      cause,
      hint: "try again; where it goes on, check key and witness program with npm run ceremony -- check",
    });
  }
}

/** A prover cannot be opened with this many processes. */
export class InvalidWorkers extends MintdError {
  readonly code = "INVALID_WORKERS";
  constructor(workers: number, most: number) {
    super(`${workers} processes cannot make proofs`, { hint: `give a whole number from 1 to ${most}, no more than there are cores` });
  }
}

/** More proofs are asked for than the prover keeps waiting. */
export class ProverBusy extends MintdError {
  readonly code = "PROVER_BUSY";
  constructor(waiting: number) {
    super(`${waiting} proofs are waiting already`, { hint: "ask again later, or open more provers" });
  }
}

/** Inputs that have no witness: they break a constraint. No prover can do anything about it. */
export class WitnessRefused extends MintdError {
  readonly code = "WITNESS_REFUSED";
  /** Templates that refused, from the innermost outwards; empty where the inputs do not even fit. */
  readonly where: readonly string[];
  readonly problem: string;
  constructor(where: readonly string[], problem = `refused in ${where.join(" < ")}`) {
    super(`the inputs cannot be proven: ${problem}`, {
      hint: "make inputs with aggregate() from src/price for the circuit's number of sources",
    });
    this.where = where;
    this.problem = problem;
  }
}

/** A prover's proof does not hold. It is never handed out. */
export class ProofInvalid extends MintdError {
  readonly code = "PROOF_INVALID";
  constructor(backend: string) {
    super(`a proof of the ${backend} prover does not hold for the verifying key`, {
      hint: "proving key, witness program and verifying key must be of one ceremony: npm run ceremony -- check",
    });
  }
}

/** The native prover is not built on this machine. The portable one makes the same proofs. */
export class ProverUnavailable extends MintdError {
  readonly code = "PROVER_UNAVAILABLE";
  /** @param problem where it is there, and cannot be used */
  constructor(program: string, problem?: string) {
    super(problem === undefined ? `there is no native prover at ${program}` : `the native prover at ${program} does not run: ${problem}`, {
      hint: "build it with npm run prover:build, or use the portable one",
    });
  }
}
