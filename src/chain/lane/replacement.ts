import type { Fees } from "../fees/fees.ts";
import { latestOf, type OpenAttempt, type OpenNonce } from "./lane-ledger.ts";

/** What decides whether an attempt is replaced by one with higher fees. */
export interface Waiting {
  readonly fees: Fees;
  /** What the market asks for now. */
  readonly wanted: Fees;
  /** Blocks that came since the attempt was the next in line. */
  readonly blocks: number;
  /** Whether it is the lane's lowest nonce: those above it wait for it and not for a better price. */
  readonly lowest: boolean;
  /** Whether a node refused it because it pays too little. */
  readonly refused: boolean;
}

/** Blocks after which a transaction that pays less than the market is replaced. */
const patience = 3;
/** Blocks after which even one that pays enough is. */
const longPatience = 24;

/**
 * Whether a replacement is due. Blocks, not time: where no block comes, no fee helps. Half of `wanted.maxFeePerGas` is about
 * the base fee, so an attempt whose maximum is below that cannot be mined at all.
 */
export function isReplacementDue({ fees, wanted, blocks, lowest, refused }: Waiting): boolean {
  if (blocks < 1) return false;
  const unminable = fees.maxFeePerGas < wanted.maxFeePerGas / 2n;
  if (unminable || refused) return true;
  if (!lowest) return false;
  const outbid = fees.maxFeePerGas < wanted.maxFeePerGas || fees.maxPriorityFeePerGas < wanted.maxPriorityFeePerGas;
  return blocks >= (outbid ? patience : longPatience);
}

/** Fees that a further attempt of the nonce has to exceed. */
export const replaceableFees = (open: OpenNonce): Fees => feesOf(latestOf(open));

export const feesOf = ({ maxFeePerGas, maxPriorityFeePerGas }: OpenAttempt): Fees => ({
  maxFeePerGas: BigInt(maxFeePerGas),
  maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas),
});
