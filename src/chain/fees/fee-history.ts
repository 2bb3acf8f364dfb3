import { type Rpc, toQuantity } from "../rpc/rpc.ts";
import { greater, lesser } from "./fees.ts";

/** What the newest blocks say about the price of gas. */
export interface FeeMarket {
  /** Of the next block, wei per gas. */
  readonly baseFee: bigint;
  /** Tips that were paid in the blocks that had transactions, wei per gas, in no order; empty where the node tells of none. */
  readonly tips: readonly bigint[];
}

interface RawHistory {
  readonly baseFeePerGas: readonly string[];
  readonly gasUsedRatio?: readonly number[] | null;
  readonly reward?: readonly (readonly string[])[] | null;
}

/**
 * Reads the newest `blocks` blocks.
 * @param percentile of the gas in a block, 0 to 100: the tip that so much of it paid at most
 */
export async function readFeeMarket(rpc: Rpc, blocks: number, percentile: number): Promise<FeeMarket> {
  const history = await rpc.request<RawHistory>("eth_feeHistory", [toQuantity(blocks), "latest", [percentile]]);
  const used = history.gasUsedRatio ?? [];
  const tips = (history.reward ?? []).flatMap(([reward], i) => (reward === undefined || (used[i] ?? 0) === 0 ? [] : [BigInt(reward)]));
  return { baseFee: BigInt(history.baseFeePerGas.at(-1) ?? "0x0"), tips };
}

/** Fewer blocks with transactions than this are no market: there is room in the blocks, and one tip may be anybody's mistake. */
const fewest = 5;

/**
 * The tip to offer: the median of what was paid, at least `floor`. A spike must not make us overpay: at most twice what
 * the calmest quarter of the blocks paid, so that a rush has to last before it is followed.
 */
export function tipOf(tips: readonly bigint[], floor: bigint): bigint {
  if (tips.length < fewest) return floor;
  const sorted = tips.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  const at = (share: number): bigint => sorted[Math.floor((sorted.length - 1) * share)] ?? 0n;
  return greater(floor, lesser(at(0.5), 2n * at(0.25)));
}

/** The base fee after `blocks` full blocks: it rises by an eighth with each (EIP-1559); rounded up. */
export function highestBaseFee(baseFee: bigint, blocks: number): bigint {
  const [above, below] = [9n ** BigInt(blocks), 8n ** BigInt(blocks)];
  return (baseFee * above + below - 1n) / below;
}
