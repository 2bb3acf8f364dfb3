import { MintdError } from "../error.ts";

/** A redemption or domain that no contract would accept; `field` says which value. */
export class InvalidRedemption extends MintdError {
  readonly code = "INVALID_REDEMPTION";
  readonly field: string;
  constructor(field: string, problem: string) {
    super(`${field} ${problem}`, { hint: "build redemptions from an accepted order; see the Redemption type for the ranges" });
    this.field = field;
  }
}

/** A signed voucher in JSON that cannot be read; `problems` names every wrong field. */
export class InvalidVoucher extends MintdError {
  readonly code = "INVALID_VOUCHER";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the voucher cannot be read: ${problems.join("; ")}`, { hint: "pass the JSON exactly as it was issued" });
    this.problems = problems;
  }
}

/** More redemptions than a transaction may carry, or none at all. */
export class BatchSizeOutOfRange extends MintdError {
  readonly code = "BATCH_SIZE_OUT_OF_RANGE";
  constructor(size: number, max: number) {
    super(`a batch of ${size} redemptions; 1..${max} are allowed`, { hint: `split it into batches of at most ${max}` });
  }
}

/** A signature that is not 65 bytes r‖s‖v, not low-s, not v 27 or 28, or that recovers to nobody. */
export class InvalidSignature extends MintdError {
  readonly code = "INVALID_SIGNATURE";
  constructor(problem: string) {
    super(`invalid signature: ${problem}`, { hint: "sign with a DigestSigner; the contract refuses this form as well" });
  }
}

/** Something other than 32 bytes was to be signed or recovered from. */
export class InvalidDigest extends MintdError {
  readonly code = "INVALID_DIGEST";
  constructor(length: number) {
    super(`a digest has 32 bytes, not ${length}`, { hint: "hash the message first" });
  }
}

/** A private key that is not a 32-byte number in 1..n-1. The key itself is never part of the message. */
export class InvalidPrivateKey extends MintdError {
  readonly code = "INVALID_PRIVATE_KEY";
  constructor() {
    super("the private key is not a valid secp256k1 key", { hint: "give 32 bytes, or 64 hexadecimal digits with or without 0x" });
  }
}

/** A signature was asked of native code that this machine cannot load. */
export class NativeSigningUnavailable extends MintdError {
  readonly code = "NATIVE_SIGNING_UNAVAILABLE";
  constructor(cause: unknown) {
    super("libsecp256k1 cannot be loaded on this machine", {
      cause,
      hint: "install again on linux-x64, macOS-arm64 or Windows-x64, or leave the backend open: ethers then signs, 8 times slower",
    });
  }
}

/** A log that is not the event it was taken for. */
export class UnexpectedLog extends MintdError {
  readonly code = "UNEXPECTED_LOG";
  constructor(event: string, problem: string) {
    super(`not a ${event} event: ${problem}`, { hint: "filter logs by the minter's address and the exported topic first" });
  }
}
