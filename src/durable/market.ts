import { highestBaseFee, readFeeMarket, tipOf } from "../chain/fees/fee-history.ts";
import { capped, type Fees } from "../chain/fees/fees.ts";
import { type Rpc, RpcRefused } from "../chain/rpc/rpc.ts";

/** More than any fee. */
export const noCap = 2n ** 128n;
/** Where a node has no word for the tip. */
const usualTip = 10n ** 9n;
const history = { blocks: 20, percentile: 50 };
/** Full blocks after which the maximum fee still pays the base fee. */
const targetBlocks = 6;

/** Fees for inclusion soon: what replacements and no-ops offer. @throws FeeCapReached, RpcUnanswered, RpcRefused */
export async function feesNow(rpc: Rpc, cap: bigint): Promise<Fees> {
  const { baseFee, tips } = await readFeeMarket(rpc, history.blocks, history.percentile);
  const tip = tipOf(tips, await suggestedTip(rpc));
  return capped(baseFee, highestBaseFee(baseFee, targetBlocks), tip, cap);
}

/** Gas of a transfer on most chains, and the most that a no-op is given where it takes more, as on some rollups. */
const ofTransfer = { least: 21_000, most: 5_000_000 };
/** It is mined later than it is estimated. */
const margin = 1.25;

/**
 * Gas for a transfer of nothing from the account to itself; what a transfer takes on most chains where the node cannot say.
 * @throws RpcUnanswered
 */
export async function noOpGasNow(rpc: Rpc, address: string): Promise<number> {
  const { least, most } = ofTransfer;
  try {
    const estimated = Number(await rpc.request<string>("eth_estimateGas", [{ from: address, to: address, value: "0x0" }]));
    return estimated > least ? Math.min(Math.ceil(estimated * margin), most) : least;
  } catch (error) {
    if (error instanceof RpcRefused) return least;
    throw error;
  }
}

async function suggestedTip(rpc: Rpc): Promise<bigint> {
  try {
    return BigInt(await rpc.request<string>("eth_maxPriorityFeePerGas", []));
  } catch (error) {
    if (error instanceof RpcRefused) return usualTip;
    throw error;
  }
}
