import { Interface } from "ethers";
import pLimit from "p-limit";
import {
  type Account,
  type Block,
  isCanonical,
  type Mined,
  newestBlock,
  readAll,
  refusalOf,
  type SentCall,
  type View,
} from "../../cast/index.ts";
import { revertData } from "../../chain/rpc/revert-data.ts";
import type { Proven } from "../prove/index.ts";
import { type AssetTerms, proofWords, reportOf, type ReportRequest } from "../report.ts";
import type { Posting, PriceChain, PriceState } from "./chain.ts";

/** As `contracts/price/interfaces/IProvenPrices.sol` has it. */
const abi = new Interface([
  "function submit(uint256[8] proof, (bytes32 circuitId, uint256 packed, uint256 nonce, uint256[2] sourcesTerm) report)",
  "function latestPrice(uint64 assetId) view returns (uint64 price, uint40 timestamp, uint40 blockNumber)",
  `function termsOf(uint64 assetId) view returns
    ((uint8 quorum, uint16 maxDeviationBps, uint16 maxAgeSeconds, uint16 maxDelaySeconds))`,
  "function sourcesRoot(uint64 assetId, bytes32 circuitId) view returns (uint256)",
  "function sourcesTerm(uint64 assetId, bytes32 circuitId) view returns (uint256[2])",
]);

/** ProvenPrices as a keeper sees it, and the account that pays: it hands over one report after the other. */
export class ProvenPrices implements PriceChain {
  readonly #account: Account;
  readonly #use: { readonly contract: string; readonly circuitId: string };
  /** An account's nonces are taken one at a time. */
  readonly #inTurn = pLimit(1);

  constructor(account: Account, use: { readonly contract: string; readonly circuitId: string }) {
    this.#account = account;
    this.#use = use;
  }

  newest(): Promise<Block> {
    return newestBlock(this.#account.rpc);
  }

  async state(assetId: bigint, at: Block): Promise<PriceState> {
    const views = [this.#view("latestPrice", assetId), this.#view("termsOf", assetId), this.#sources("sourcesRoot", assetId)];
    const [price, terms, root] = await readAll(this.#account.rpc, at, views);
    return {
      stored: { price: price?.["price"] as bigint, timestamp: price?.["timestamp"] as bigint },
      terms: terms?.[0] as AssetTerms,
      sourcesRoot: root?.[0] as bigint,
    };
  }

  async post(request: ReportRequest, { proof, publicInputs }: Proven): Promise<Posting> {
    const report = reportOf(request, publicInputs[0] ?? 0n, await this.#termOf(request));
    const call = { to: this.#use.contract, data: abi.encodeFunctionData("submit", [proofWords(proof), report]) };
    const sent = await this.#inTurn(() => this.#account.broadcast(call, "price report"));
    let isTold = false;
    const tell = async (): Promise<void> => {
      if (!isTold) await this.#account.heard(sent);
      isTold = true;
    };
    return { hash: sent.hash, receipt: () => this.#receiptOf(sent, tell) };
  }

  /** The account's record has its own look at the chain: a block of it that the chain no longer has holds nothing. */
  async #receiptOf(sent: SentCall, tell: () => Promise<void>): Promise<Mined | undefined> {
    const found = await this.#account.found(sent);
    if (found === undefined) return undefined;
    const { hash, block: number, blockHash, gasUsed, succeeded } = found;
    if (blockHash !== undefined && !(await isCanonical(this.#account.rpc, { number, hash: blockHash }))) return undefined;
    await tell();
    if (!succeeded) throw await this.#account.reasonOf(sent, found);
    return { hash, block: number, gasUsed: BigInt(gasUsed) };
  }

  /** Under the report's block, whose sources were compared. @throws ContractRefused where the verifier's code is another one now */
  async #termOf({ assetId, block, timestamp }: ReportRequest): Promise<readonly [bigint, bigint]> {
    try {
      const at = { ...block, timestamp: BigInt(timestamp) };
      const [found] = await readAll(this.#account.rpc, at, [this.#sources("sourcesTerm", assetId)]);
      return found?.[0] as [bigint, bigint];
    } catch (error) {
      const data = revertData(error);
      throw data === undefined ? error : refusalOf(data, (error as Error).message);
    }
  }

  #view(name: string, ...args: readonly unknown[]): View {
    return { to: this.#use.contract, abi, name, args };
  }

  #sources(name: string, assetId: bigint): View {
    return this.#view(name, assetId, this.#use.circuitId);
  }
}
