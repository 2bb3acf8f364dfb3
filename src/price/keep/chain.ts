import type { Block, Mined } from "../../cast/index.ts";
import type { AssetTerms, ReportRequest } from "../report.ts";
import type { Proven } from "../prove/index.ts";
import type { StoredPrice } from "./verdict.ts";

/** What the contract has of an asset, all of it as of one block. */
export interface PriceState {
  readonly stored: StoredPrice;
  readonly terms: AssetTerms;
  /** Of the sources whose proofs are accepted; 0 without any. */
  readonly sourcesRoot: bigint;
}

/** A report on its way. */
export interface Posting {
  readonly hash: string;
  /** Its receipt, or undefined while it is on its way. @throws ReportRejected, ContractRefused, TransactionReplaced: it never posts */
  receipt(): Promise<Mined | undefined>;
}

/** What a keeper of prices asks of the chain. @throws RpcUnanswered, RpcRefused each of them */
export interface PriceChain {
  newest(): Promise<Block>;
  state(assetId: bigint, at: Block): Promise<PriceState>;
  /**
   * Signs and hands over; where it throws, nothing is on its way.
   * @param proven made from the request, or kept from an earlier one for the same asset and block
   * @throws ReportRejected, ContractRefused, AccountUnfunded
   */
  post(request: ReportRequest, proven: Proven): Promise<Posting>;
}
