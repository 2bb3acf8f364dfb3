import { FeeCapReached, type FeeLimits, type Fees, greater, lesser } from "./fees.ts";

/**
 * Fees of a transaction that takes the place of one with the same nonce: at least 12.5 % more on both fields, rounded up,
 * which is more than any node asks for (geth, Erigon, Besu, Nethermind and reth 10 %), and at least one wei, since nodes
 * want both to be higher even where one is nothing. More where the market wants more; never above the cap.
 *
 * @param previous of the newest attempt of the nonce; its tip is at most its maxFeePerGas
 * @param wanted what a first attempt would offer now
 * @throws FeeCapReached where 12.5 % more does not fit under the cap: the attempt stays as it is
 */
export function replacementFees(previous: Fees, wanted: Fees, limits: Pick<FeeLimits, "maxFeePerGas">): Fees {
  const least = raised(previous.maxFeePerGas);
  if (least > limits.maxFeePerGas) throw new FeeCapReached(least, limits.maxFeePerGas, "the least fee of a replacement");
  const maxFeePerGas = lesser(greater(least, wanted.maxFeePerGas), limits.maxFeePerGas);
  const tip = greater(raised(previous.maxPriorityFeePerGas), wanted.maxPriorityFeePerGas);
  return { maxFeePerGas, maxPriorityFeePerGas: lesser(tip, maxFeePerGas) };
}

/**
 * Fees of a no-op in place of bytes that a node refuses, and so does not have: a replacement's, since another node may have
 * them; where the cap forbids those, what the bytes offer, cut to the cap. Then a node that has them keeps them.
 */
export function standInFees(previous: Fees, cap: bigint): Fees {
  if (raised(previous.maxFeePerGas) <= cap) return replacementFees(previous, previous, { maxFeePerGas: cap });
  const maxFeePerGas = lesser(previous.maxFeePerGas, cap);
  return { maxFeePerGas, maxPriorityFeePerGas: lesser(previous.maxPriorityFeePerGas, maxFeePerGas) };
}

const raised = (fee: bigint): bigint => greater((fee * 9n + 7n) / 8n, fee + 1n);
