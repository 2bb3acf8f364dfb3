import { toQuantity } from "../../../src/chain/rpc/rpc.ts";
import type { Chain } from "../chain/index.ts";
import type { End, FaultKind, Stage } from "./fault.ts";

const gwei = 1_000_000_000;
/** Highest fee per gas that the service is set to pay, in gwei. */
export const feeCapGwei = 20;
/** What gas usually costs here, in gwei. */
export const usualGwei = 1;

/** Of the next block. */
export async function setBaseFee(chain: Chain, priceGwei: number): Promise<void> {
  await chain.rpc.request("anvil_setNextBlockBaseFeePerGas", [toQuantity(priceGwei * gwei)]);
}

/** Holds the base fee there, until the end. */
async function hold({ chain, beforeBlock }: Stage, priceGwei: number): Promise<End> {
  const again = () => setBaseFee(chain, priceGwei);
  beforeBlock.add(again);
  await again();
  return async () => {
    beforeBlock.delete(again);
    await setBaseFee(chain, usualGwei);
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
