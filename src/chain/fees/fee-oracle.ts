import type { Clock } from "../../clock.ts";
import type { Network } from "../networks.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { type FeeMarket, highestBaseFee, readFeeMarket, tipOf } from "./fee-history.ts";
import { capped, type FeeLimits, type Fees } from "./fees.ts";
import { l1DataFee } from "./l1-fee.ts";

export interface FeeOracleParts {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly limits: FeeLimits;
  readonly network: Pick<Network, "blockTimeMs" | "l1FeeOracle">;
  /** Full blocks in a row that a fee outlives, 1 to 32; 6 by default, which doubles the base fee. */
  readonly targetBlocks?: number;
  /** Of the gas in a block, 0 to 100; 50 by default. */
  readonly percentile?: number;
}

export interface CostQuestion {
  readonly gasLimit: number;
  readonly fees: Fees;
  /** Size of the signed transaction. */
  readonly rawBytes: number;
}

/** Blocks that the tip is learnt from. */
const historyBlocks = 20;
/** The price of publishing on L1 follows its base fee, which takes minutes to double. */
const l1BlocksKept = 10;
/** Sizes are rounded up to this many bytes, so that transactions of one kind share an answer. */
const sizeStep = 1_024;

/**
 * What a transaction should offer now, and what it may cost.
 *
 * @example
 * const oracle = new FeeOracle({ rpc, clock, limits, network: networkOf(chainId) });
 * const fees = await oracle.feesAt(confirmations.tip?.hash);
 */
export class FeeOracle {
  readonly #parts: FeeOracleParts;
  #known: { readonly headHash: string; readonly market: Promise<FeeMarket> } | undefined;
  /** By rounded size; bounded, since a transaction has at most 128 kB. */
  readonly #l1Fees = new Map<number, { readonly at: number; readonly fee: Promise<bigint> }>();

  constructor(parts: FeeOracleParts) {
    this.#parts = parts;
  }

  /**
   * Fees for inclusion within the target blocks. Asked for once under each head; without a head each time.
   * @throws FeeCapReached where the base fee is above the cap; RpcUnanswered, RpcRefused
   */
  async feesAt(headHash: string | undefined): Promise<Fees> {
    const { limits, targetBlocks = 6 } = this.#parts;
    const { baseFee, tips } = await this.#marketAt(headHash);
    return capped(baseFee, highestBaseFee(baseFee, targetBlocks), tipOf(tips, limits.priorityFee), limits.maxFeePerGas);
  }

  /** The most that the transaction can cost, wei, the publication on L1 included where the chain charges for it. */
  async estimateCost({ gasLimit, fees, rawBytes }: CostQuestion): Promise<bigint> {
    return BigInt(gasLimit) * fees.maxFeePerGas + (await this.#l1Fee(rawBytes));
  }

  #marketAt(headHash: string | undefined): Promise<FeeMarket> {
    const { rpc, percentile = 50 } = this.#parts;
    if (headHash === undefined) return readFeeMarket(rpc, historyBlocks, percentile);
    if (this.#known?.headHash === headHash) return this.#known.market;
    const known = { headHash, market: readFeeMarket(rpc, historyBlocks, percentile) };
    this.#known = known;
    known.market.catch(() => {
      if (this.#known === known) this.#known = undefined; // the next call asks again
    });
    return known.market;
  }

  #l1Fee(rawBytes: number): Promise<bigint> {
    const { rpc, clock, network } = this.#parts;
    if (network.l1FeeOracle === undefined) return Promise.resolve(0n);
    const size = Math.ceil(rawBytes / sizeStep) * sizeStep;
    const known = this.#l1Fees.get(size);
    const age = known ? clock.now() - known.at : -1;
    if (known && age >= 0 && age < l1BlocksKept * network.blockTimeMs) return known.fee;
    const asked = { at: clock.now(), fee: l1DataFee(rpc, network.l1FeeOracle, size) };
    this.#l1Fees.set(size, asked);
    asked.fee.catch(() => {
      if (this.#l1Fees.get(size) === asked) this.#l1Fees.delete(size);
    });
    return asked.fee;
  }
}
