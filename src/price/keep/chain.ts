import type { Block, FateTeller } from "../../cast/index.ts";
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

/** What a keeper of prices asks of the chain. @throws RpcUnanswered, RpcRefused each of them */
export interface PriceChain {
  /** What became of what was posted. */
  readonly teller: FateTeller;
  newest(): Promise<Block>;
  state(assetId: bigint, at: Block): Promise<PriceState>;
  /**
   * Signs and hands over; where it throws, nothing is on its way. Returns the hash of the transaction's first attempt.
   * @param proven made from the request, or kept from an earlier one for the same asset and block
   * @throws ReportRejected, ContractRefused, AccountUnfunded
   */
  post(request: ReportRequest, proven: Proven): Promise<string>;
}
