import { aggregate, type Aggregation, type PriceRequest } from "./aggregate.ts";
import { type ProofContext, proofContext } from "./context.ts";
import { InvalidPriceInput } from "./errors.ts";
import type { Proof } from "./prove/verifying-key.ts";
import type { Quote } from "./quote.ts";

/** A price for a contract on a chain: what is asked for, the block that the proof is bound to, and what it may be used for. */
export interface ReportRequest extends Omit<PriceRequest, "blockNumber" | "blockHash" | "context"> {
  /** One of the last 300 when the proof gets there; its hash as 0x and 64 digits. */
  readonly block: { readonly number: number; readonly hash: string };
  readonly use: ProofContext;
}

/** What ProvenPrices demands of reports of an asset, as `termsOf` gives it. */
export interface AssetTerms {
  /** 0 where none are set. */
  readonly quorum: bigint;
  readonly maxDeviationBps: bigint;
  readonly maxAgeSeconds: bigint;
  /** How old a report may be when it gets to the chain. */
  readonly maxDelaySeconds: bigint;
}

export interface RequestParts extends Pick<ReportRequest, "assetId" | "sources" | "use"> {
  readonly terms: AssetTerms;
  /** The second of the price that is stored, where the report is to replace it. */
  readonly newerThan?: number;
  /** Its time, in Unix seconds, is the report's: no node's clock has a say, and it is never in the future on the chain. */
  readonly block: ReportRequest["block"] & { readonly timestamp: bigint };
}

/** Asks for what just meets the asset's terms, as of a block. Pure. */
export function requestAt({ assetId, sources, use, terms, newerThan, block: { number, hash, timestamp } }: RequestParts): ReportRequest {
  return {
    ...{ assetId, sources, use, block: { number, hash }, timestamp: Number(timestamp) },
    ...(newerThan !== undefined && { newerThan }),
    ...{ quorum: Number(terms.quorum), maxDeviationBps: Number(terms.maxDeviationBps), maxAge: Number(terms.maxAgeSeconds) },
  };
}

/** What ProvenPrices takes beside a proof. */
export interface PriceReport {
  readonly circuitId: string;
  readonly packed: bigint;
  readonly nonce: bigint;
  /** As the contract gives it for the asset and the circuit. */
  readonly sourcesTerm: readonly [bigint, bigint];
}

/** A proof as the contract takes it: A.x, A.y, B.x imaginary, real, B.y imaginary, real, C.x, C.y. */
export type ProofWords = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

/**
 * What quotes agree on, and the circuit's inputs that prove it to this contract. Pure.
 * @throws QuorumNotReached, DeviationTooLarge the quotes give no price
 * @throws InvalidPriceInput, InvalidSourceSet the request itself cannot be proven
 */
export function aggregateFor({ block, use, ...request }: ReportRequest, quotes: readonly Quote[]): Aggregation {
  if (!/^0x[0-9a-f]{64}$/i.test(block.hash)) throw new InvalidPriceInput("blockHash", "is not 0x and 64 hexadecimal digits");
  return aggregate({ ...request, blockNumber: block.number, blockHash: BigInt(block.hash), context: proofContext(use) }, quotes);
}

/** What goes to the contract with a proof. @param packed as it was proven: a kept proof may be of other quotes than the newest */
export function reportOf({ use }: Pick<ReportRequest, "use">, packed: bigint, sourcesTerm: readonly [bigint, bigint]): PriceReport {
  return { circuitId: use.circuitId, packed, nonce: use.nonce, sourcesTerm };
}

/** The proof's numbers in the contract's order. */
export function proofWords({ a, b: [x, y], c }: Proof): ProofWords {
  return [a[0], a[1], x[1], x[0], y[1], y[0], c[0], c[1]];
}
