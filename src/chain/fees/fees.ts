import { MintdError } from "../../error.ts";

export interface Fees {
  /** Wei per gas. */
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface FeeLimits {
  /** Never pay more than this per gas, wei. */
  readonly maxFeePerGas: bigint;
  /** Tip per gas, wei: all of it where a network tells of no tips, otherwise the least that is offered. */
  readonly priorityFee: bigint;
}

/** The chain is dearer than the cap. Nothing is sent until it is cheaper: orders wait, they are not lost. */
export class FeeCapReached extends MintdError {
  readonly code = "FEE_CAP_REACHED";
  /** @param what the fee of `fee` wei per gas that is above the `cap` */
  constructor(fee: bigint, cap: bigint, what = "the base fee") {
    super(`${what} is ${gwei(fee)} gwei, above the cap of ${gwei(cap)} gwei`, { hint: "wait, or raise fees.maxFeePerGasGwei" });
  }
}

/**
 * Fees that pay a base fee of up to `highest` and the tip, cut to the cap.
 * @param baseFee of the next block, wei per gas
 * @throws FeeCapReached where the base fee alone is above the cap
 */
export function capped(baseFee: bigint, highest: bigint, tip: bigint, cap: bigint): Fees {
  if (baseFee > cap) throw new FeeCapReached(baseFee, cap);
  const maxFeePerGas = lesser(highest + tip, cap);
  return { maxFeePerGas, maxPriorityFeePerGas: lesser(tip, maxFeePerGas) };
}

export const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const gwei = (wei: bigint): string => (Number(wei) / 1e9).toString();
