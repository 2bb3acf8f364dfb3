import { toQuantity } from "../../../src/chain/rpc/rpc.ts";
import type { End, FaultKind, Stage } from "./fault.ts";

const gwei = 1_000_000_000;
/** Highest fee per gas that the service is set to pay, in gwei. */
export const feeCapGwei = 20;
/** What gas usually costs here, in gwei. */
export const usualGwei = 1;

/** Holds the base fee there, until the end. */
export async function hold({ chain, beforeBlock }: Stage, priceGwei: number): Promise<End> {
  const set = async (price: number): Promise<void> => {
    await chain.rpc.request("anvil_setNextBlockBaseFeePerGas", [toQuantity(price * gwei)]);
  };
  const again = () => set(priceGwei);
  beforeBlock.add(again);
  await again();
  return async () => {
    beforeBlock.delete(again);
    await set(usualGwei);
  };
}

/** Gas becomes ten times as dear: what was signed before is too cheap for any block. */
export const feeSpike: FaultKind = {
  name: "fee-spike",
  most: 1,
  resource: "base fee",
  alone: 2,
  draw: (random) => ({
    blocks: random.int(8, 20),
    words: `the base fee is ${usualGwei * 10} gwei, ten times the usual`,
    begin: (stage) => hold(stage, usualGwei * 10),
  }),
};

/** Gas becomes dearer than the service may pay. */
export const feeCap: FaultKind = {
  name: "fee-cap",
  most: 1,
  resource: "base fee",
  alone: 2,
  draw: (random) => ({
    blocks: random.int(8, 20),
    words: `the base fee is ${feeCapGwei * 2} gwei, above the cap of ${feeCapGwei}`,
    begin: (stage) => hold(stage, feeCapGwei * 2),
  }),
};
