import { Interface } from "ethers";
import pLimit from "p-limit";
import { type Account, type Block, newestBlock, readAll, refusalOf, SentCalls, type View } from "../../cast/index.ts";
import { revertData } from "../../chain/rpc/revert-data.ts";
import type { Rpc } from "../../chain/rpc/rpc.ts";
import type { Proven } from "../prove/index.ts";
import { type AssetTerms, proofWords, reportOf, type ReportRequest } from "../report.ts";
import type { PriceChain, PriceState } from "./chain.ts";

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
  readonly #rpc: Rpc;
  readonly teller: SentCalls;
  readonly #use: { readonly contract: string; readonly circuitId: string };
  /** An account's nonces are taken one at a time. */
  readonly #inTurn = pLimit(1);

  constructor(account: Account, use: { readonly contract: string; readonly circuitId: string }) {
    this.#rpc = account.rpc;
    this.teller = new SentCalls(account);
    this.#use = use;
  }

  newest(): Promise<Block> {
    return newestBlock(this.#rpc);
  }

  async state(assetId: bigint, at: Block): Promise<PriceState> {
    const views = [this.#view("latestPrice", assetId), this.#view("termsOf", assetId), this.#sources("sourcesRoot", assetId)];
    const [price, terms, root] = await readAll(this.#rpc, at, views);
    return {
      stored: { price: price?.["price"] as bigint, timestamp: price?.["timestamp"] as bigint },
      terms: terms?.[0] as AssetTerms,
      sourcesRoot: root?.[0] as bigint,
    };
  }

  async post(request: ReportRequest, { proof, publicInputs }: Proven): Promise<string> {
    const report = reportOf(request, publicInputs[0] ?? 0n, await this.#termOf(request));
    const call = { to: this.#use.contract, data: abi.encodeFunctionData("submit", [proofWords(proof), report]) };
    return this.#inTurn(() => this.teller.send(call, "price report"));
  }

  /** Under the report's block, whose sources were compared. @throws ContractRefused where the verifier's code is another one now */
  async #termOf({ assetId, block, timestamp }: ReportRequest): Promise<readonly [bigint, bigint]> {
    try {
      const at = { ...block, timestamp: BigInt(timestamp) };
      const [found] = await readAll(this.#rpc, at, [this.#sources("sourcesTerm", assetId)]);
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
