import { MintdError } from "../../src/error.ts";

/** A step of a ceremony did not come to its end. */
export class CeremonyFailed extends MintdError {
  readonly code = "CEREMONY_FAILED";
  constructor(problem: string) {
    super(`the ceremony stopped: ${problem}`, {
      hint: "correct what is named and run the step again; files of earlier steps are untouched",
    });
  }
}

/** A folder has not the files of a finished ceremony, or they cannot be read. */
export class CeremonyUnreadable extends MintdError {
  readonly code = "CEREMONY_UNREADABLE";
  constructor(folder: string, problem: string) {
    super(`${folder} holds no finished ceremony: ${problem}`, {
      hint: "give the folder that `npm run ceremony -- finish` wrote, or that was fetched whole from who published it",
    });
  }
}

/** A powers-of-tau file is none of those whose hash is pinned. Its makers could be the ones who know its secret. */
export class UnknownPowers extends MintdError {
  readonly code = "UNKNOWN_POWERS";
  constructor(file: string, hash: string) {
    super(`${file} is no pinned powers-of-tau file: its blake2b hash is ${hash}`, {
      hint: "fetch a powersOfTau28_hez_final_*.ptau whose hash is in scripts/ceremony/powers.ts",
    });
  }
}

/** A transcript says something else than the files beside it. */
export class TranscriptMismatch extends MintdError {
  readonly code = "TRANSCRIPT_MISMATCH";
  readonly field: string;
  constructor(field: string, said: unknown, found: unknown) {
    super(`the transcript's ${field} is ${JSON.stringify(said)}, but ${JSON.stringify(found)} was found`, {
      hint: "do not use this key: fetch transcript and key again from who published them, or run the ceremony anew",
    });
    this.field = field;
  }
}
