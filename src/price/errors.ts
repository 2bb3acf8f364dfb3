import { MintdError } from "../error.ts";
import { refusalWords } from "./refusal-words.ts";

/**
 * Why a quote or a price is refused, as one byte that never changes: the same in logs, answers and the contract's
 * `PriceProofRejected`.
 */
export const refusals = {
  SOURCE_UNKNOWN: 0x10,
  SOURCE_TWICE: 0x11,
  SIGNATURE_INVALID: 0x12,
  PRICE_OUT_OF_RANGE: 0x13,
  QUOTE_TOO_OLD: 0x14,
  QUOTE_FROM_THE_FUTURE: 0x15,
  QUORUM_NOT_REACHED: 0x16,
  DEVIATION_TOO_LARGE: 0x17,
  NOT_NEWER: 0x23,
} as const;

/** What a single quote may be refused for. */
export type QuoteRefusal = Exclude<keyof typeof refusals, "QUORUM_NOT_REACHED" | "DEVIATION_TOO_LARGE">;

/** The quotes give no price. `refusal` is the byte that says why. */
export abstract class PriceRefused extends MintdError {
  abstract readonly refusal: number;
}

/** Fewer usable quotes than the quorum. `refused` says what was wrong with the others. */
export class QuorumNotReached extends PriceRefused {
  readonly code = "QUORUM_NOT_REACHED";
  readonly refusal = refusals.QUORUM_NOT_REACHED;
  readonly refused: readonly QuoteRefusal[];
  constructor(usable: number, quorum: number, refused: readonly QuoteRefusal[]) {
    super(`${usable} usable quotes, ${quorum} are needed${refused.length === 0 ? "" : `; refused: ${refused.join(", ")}`}`, {
      hint: "ask the sources again; what each refusal means is in docs/circuits.md",
    });
    this.refused = refused;
  }
}

/** The usable quotes are too far apart: (highest - lowest) * 10000 >= maxDeviationBps * lowest. */
export class DeviationTooLarge extends PriceRefused {
  readonly code = "DEVIATION_TOO_LARGE";
  readonly refusal = refusals.DEVIATION_TOO_LARGE;
  readonly lowest: bigint;
  readonly highest: bigint;
  constructor(lowest: bigint, highest: bigint, maxDeviationBps: number) {
    super(`quotes from ${lowest.toString()} to ${highest.toString()} are not within ${maxDeviationBps} hundredths of a percent`, {
      hint: "wait until the sources agree; a source that is wrong must be taken out of the set by its owner, not by who proves",
    });
    this.lowest = lowest;
    this.highest = highest;
  }
}

/** A value that no circuit would take; `field` says which. */
export class InvalidPriceInput extends MintdError {
  readonly code = "INVALID_PRICE_INPUT";
  readonly field: string;
  constructor(field: string, problem: string) {
    super(`${field} ${problem}`, { hint: "the ranges are in docs/circuits.md" });
    this.field = field;
  }
}

/** Keys that may not be registered together. A circuit does not look at this: a bad set would be trusted. */
export class InvalidSourceSet extends MintdError {
  readonly code = "INVALID_SOURCE_SET";
  constructor(problem: string) {
    super(`the sources cannot be used: ${problem}`, { hint: "register each source's key once, in ascending order of its x" });
  }
}

/** A source's private key is not 32 bytes. The key itself is never part of the message. */
export class InvalidSourceKey extends MintdError {
  readonly code = "INVALID_SOURCE_KEY";
  constructor() {
    super("a source's private key has 32 bytes", { hint: "make one with: openssl rand -hex 32" });
  }
}

/** A key, a set of sources or an asset's terms are not what the chain knows: no proof with them would be accepted there. */
export class NotAsRegistered extends MintdError {
  readonly code = "NOT_AS_REGISTERED";
  constructor(what: string, circuit: string, network: string) {
    super(`${what} is not what is registered for ${circuit} on ${network}`, {
      hint: `give the registered one, or register this one: npx hardhat circuit:register --circuit ${circuit} --network ${network}`,
    });
  }
}

/** Keys that everybody has, for sources of a network that is not local. */
export class DevelopmentSources extends MintdError {
  readonly code = "DEVELOPMENT_SOURCES";
  constructor(network: string, at: number) {
    super(`${network} does not take source ${at}: it is a development one, whose private key everybody has`, {
      hint: "list the public keys of real sources in the file of --sources",
    });
  }
}

/** A file of sources, quotes or a report cannot be read; nothing was done with it. */
export class UnreadablePriceFile extends MintdError {
  readonly code = "UNREADABLE_PRICE_FILE";
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`, { hint: "the form of each file is in docs/circuits.md" });
  }
}

/** ProvenPrices does not accept a report. `refusal` is its byte. Nothing was sent, or it changed nothing. */
export class ReportRejected extends PriceRefused {
  readonly code = "REPORT_REJECTED";
  readonly refusal: number;
  /** The transaction that reverted, where one was sent. */
  readonly txHash: string | undefined;
  constructor(refusal: number, txHash?: string) {
    const { name, meaning } = refusalWords(refusal);
    const sent = txHash === undefined ? "" : ` (transaction ${txHash})`;
    super(`the contract rejects the report with 0x${refusal.toString(16)}, ${name}: ${meaning}${sent}`, {
      hint: "prove the price anew: npx hardhat price:prove; all codes are in docs/circuits.md",
    });
    this.txHash = txHash;
    this.refusal = refusal;
  }
}
