import { isRpcError } from "../../chain/rpc/rpc.ts";
import { ReportRejected } from "../errors.ts";
import type { Proven } from "../prove/index.ts";
import type { Verdict } from "./verdict.ts";

/** An asset that a keeper keeps fresh. */
export interface KeptAsset {
  /** For people: a symbol, or the id. */
  readonly name: string;
  /** 64 bits. */
  readonly assetId: bigint;
}

/** What the sources agreed on, as of a block, beside what is stored. Prices have 8 decimals. */
export interface Agreed extends Verdict {
  readonly asset: string;
  readonly block: number;
  readonly price: bigint;
  /** 0 where nothing is. */
  readonly stored: bigint;
  /** The stored price's second, by the chain's time; 0 where nothing is. */
  readonly storedAt: number;
}

/** What a keeper has to tell of an asset. */
export type PriceKeeperEvent =
  /** The set of sources without a quote is another one than before. */
  | { readonly kind: "sources"; readonly asset: string; readonly failed: readonly { readonly source: string; readonly code: string }[] }
  /** What is stored is fresh enough. */
  | ({ readonly kind: "left" } & Agreed)
  | ({ readonly kind: "proving" } & Agreed)
  | ({ readonly kind: "sent"; readonly hash: string } & Report & Pick<Proven, "backend" | "took">)
  | ({ readonly kind: "posted"; readonly minedIn: number } & Attempt & Report)
  /** A reorg took the block away that it was posted in, or failed in; it is on its way again. */
  | ({ readonly kind: "unconfirmed"; readonly minedIn: number } & Attempt & Report)
  /** The report became too old before it was mined; the price is proven anew. */
  | ({ readonly kind: "dropped" } & Failure)
  /** No price this time, for a reason that lies in the asset; the next block is another try. */
  | ({ readonly kind: "failed" } & Failure)
  /** An endpoint gave no answer that can be believed; the pass is repeated at the next block. */
  | ({ readonly kind: "trouble" } & Omit<Failure, "asset"> & Partial<Pick<Failure, "asset">>);

/** The block that a report is bound to, and the price that it proves. */
export interface Report {
  readonly asset: string;
  readonly block: number;
  readonly price: bigint;
  /** The second that the contract calls the price's. */
  readonly quotedAt: number;
}

/** Hashes of a transaction. */
interface Attempt {
  /** Of the attempt that a block has, or of the first one. */
  readonly hash: string;
  /** Of the first attempt, as it was told to be sent. */
  readonly first: string;
}

/** With hashes where a transaction came to nothing. */
interface Failure extends Partial<Attempt> {
  readonly asset: string;
  readonly error: unknown;
}

/** BLOCK_NOT_KNOWN and REPORT_TOO_OLD: the contract would have taken the report earlier. */
const tooLate: readonly number[] = [0x22, 0x25];

/** What an error means for the asset that met it. */
export function eventOf(error: unknown, asset: string, attempt?: Attempt): PriceKeeperEvent {
  const told = { asset, error, ...(attempt && { hash: attempt.hash, first: attempt.first }) };
  if (isRpcError(error)) return { kind: "trouble", ...told };
  if (error instanceof ReportRejected && tooLate.includes(error.refusal)) return { kind: "dropped", ...told };
  return { kind: "failed", ...told };
}
