import { MintdError } from "../../error.ts";
import { type Rpc, toQuantity } from "../rpc/rpc.ts";

export interface Fees {
  /** Wei per gas. */
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface FeeLimits {
  /** Never pay more than this per gas, wei. */
  readonly maxFeePerGas: bigint;
  /** Tip per gas, wei. */
  readonly priorityFee: bigint;
}

/** The chain is dearer than the cap. Nothing is sent until it is cheaper: orders wait, they are not lost. */
export class FeeCapReached extends MintdError {
  readonly code = "FEE_CAP_REACHED";
  constructor(baseFee: bigint, cap: bigint) {
    super(`the base fee is ${gwei(baseFee)} gwei, above the cap of ${gwei(cap)} gwei`, { hint: "wait, or raise fees.maxFeePerGasGwei" });
  }
}

/**
 * EIP-1559 fees for inclusion within a few blocks: twice the next base fee plus the tip, which outlives six full blocks
 * in a row (1.125^6 = 2.03), cut to the cap.
 * @throws FeeCapReached where the base fee alone is above the cap
 */
export function feesFor(baseFee: bigint, limits: FeeLimits): Fees {
  if (baseFee > limits.maxFeePerGas) throw new FeeCapReached(baseFee, limits.maxFeePerGas);
  const wanted = baseFee * 2n + limits.priorityFee;
  const maxFeePerGas = wanted < limits.maxFeePerGas ? wanted : limits.maxFeePerGas;
  return { maxFeePerGas, maxPriorityFeePerGas: limits.priorityFee < maxFeePerGas ? limits.priorityFee : maxFeePerGas };
}

/** Base fee of the next block, wei per gas, from eth_feeHistory. */
export async function nextBaseFee(rpc: Rpc): Promise<bigint> {
  const history = await rpc.request<{ baseFeePerGas: string[] }>("eth_feeHistory", [toQuantity(1), "latest", []]);
  return BigInt(history.baseFeePerGas.at(-1) ?? "0x0");
}

const gwei = (wei: bigint): string => (Number(wei) / 1e9).toString();
