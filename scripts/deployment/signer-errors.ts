import type { Step } from "../../src/cast/index.ts";
import { MintdError } from "../../src/error.ts";

/** What happened before an error, as a list of transactions; they are on the chain. */
const stepWords = (steps: readonly Step[]): string =>
  steps.length === 0 ? "nothing was sent" : `sent: ${steps.map(({ what, hash, block }) => `${what} ${hash} in block ${block}`).join(", ")}`;

/** An account was to sign no more, and as far as the chain is seen it does, whatever was sent. */
export class SignerStillSigns extends MintdError {
  readonly code = "SIGNER_STILL_SIGNS";
  constructor(signer: string, problem: string, steps: readonly Step[], cause?: unknown) {
    const hint = "run signer:revoke again at once, with another endpoint where this one is behind; signer:show lists who signs";
    super(`${signer} may still sign: ${problem}; ${stepWords(steps)}`, { hint, cause });
  }
}

/** An account signs no more, but what announces it as a signer is not cancelled, or could not be read. */
export class SignerStillAnnounced extends MintdError {
  readonly code = "SIGNER_ANNOUNCED";
  constructor(signer: string, problem: string, steps: readonly Step[], cause?: unknown) {
    const hint = "run signer:revoke again as the guardian before it can be executed; signer:show says when that is, and who may cancel it";
    super(`${signer} does not sign, but may still be announced: ${problem}; ${stepWords(steps)}`, { hint, cause });
  }
}

/** A signer's announcement or grant is mined, and the endpoint does not show it. */
export class SignerNotSeenYet extends MintdError {
  readonly code = "SIGNER_NOT_SEEN_YET";
  constructor(signer: string, what: "announced" | "granted", { hash, block }: Step) {
    const hint = "the endpoint is behind, or somebody undid it: look at signer:show in a minute, and run signer:grant again then";
    super(`${signer} was ${what} in transaction ${hash} in block ${block}, and that is not seen yet`, { hint });
  }
}
