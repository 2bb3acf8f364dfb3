import type { MinterName } from "../deployment.ts";

/** Upper bounds of what redeemBatch costs; what is not used is not paid. */
export interface MintGas {
  /** A batch without its orders. */
  readonly batch: number;
  /** An order of one token to a fresh owner. */
  readonly order: number;
  /** Each further token of a quantity. */
  readonly furtherToken: number;
}

/**
 * From bench/gas.json with a quarter added. A batch's part holds what EditionMinter keeps free for a contract that receives
 * tokens (RECEIVER_GAS, 250,000), and CastMinter for an item (ITEM_GAS).
 */
const tokens: MintGas = { batch: 400_000, order: 65_000, furtherToken: 2_500 };
/** A quantity of cast tokens is one number. */
const cast: MintGas = { batch: 400_000, order: 120_000, furtherToken: 0 };

export const mintGasOf = (minter: MinterName): MintGas => (minter === "CastMinter" ? cast : tokens);

/** Gas limit for a batch of these quantities. */
export function batchGas(quantities: Iterable<number>, { batch, order, furtherToken }: MintGas): number {
  let sum = batch;
  for (const quantity of quantities) sum += order + furtherToken * (quantity - 1);
  return sum;
}
