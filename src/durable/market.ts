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

async function suggestedTip(rpc: Rpc): Promise<bigint> {
  try {
    return BigInt(await rpc.request<string>("eth_maxPriorityFeePerGas", []));
  } catch (error) {
    if (error instanceof RpcRefused) return usualTip;
    throw error;
  }
}
