import { MintdError } from "../../error.ts";

/** A cancelling transaction reverted. Nothing was cancelled by it, and no order was closed for it. */
export class CancellationReverted extends MintdError {
  readonly code = "CANCELLATION_REVERTED";
  constructor(word: bigint, txHash: string) {
    super(`transaction ${txHash}, which cancels vouchers of word ${word.toString()}, reverted`, {
      hint: "the account may have lost the right to cancel: look at its roles in the AccessManager, then run the same command again",
    });
  }
}

/** Numbers of one word of which no final block says what became of them. */
export interface UnprovenWord {
  readonly word: bigint;
  readonly numbers: readonly bigint[];
}

/**
 * Numbers of which no final block says what became of them, after several looks: they are used and no log says by what, or they
 * are unused and no transaction of ours is mined. What was proven of others stands, and their orders are closed.
 */
export class CancellationUnproven extends MintdError {
  readonly code = "CANCELLATION_UNPROVEN";
  readonly words: readonly UnprovenWord[];

  /** @param looks looks in a row that proved nothing */
  constructor(words: readonly UnprovenWord[], looks: number) {
    super(`${words.map(described).join("; ")}: after ${looks} looks, no final log says that they were cancelled or minted`, {
      hint:
        "no order of theirs was closed. The endpoint may not have all logs, or the account's transactions were displaced: " +
        "name another endpoint, see what the account sent, then run the same command again",
    });
    this.words = words;
  }
}

const most = 5;

function described({ word, numbers }: UnprovenWord): string {
  const more = numbers.length > most ? ` and ${numbers.length - most} more` : "";
  return `word ${word.toString()}: numbers ${numbers.slice(0, most).join(", ")}${more}`;
}
