import { toQuantity } from "../../../src/chain/rpc/rpc.ts";
import type { Chain } from "../chain/index.ts";
import type { FaultKind } from "./fault.ts";

/** The newest blocks are replaced by others; their transactions do not come back to the pool. Waits until there is a mint in them. */
export const reorg: FaultKind = {
  name: "reorg",
  most: 3,
  alone: 5,
  draw(random, index) {
    const depth = index === 0 ? 16 : random.int(1, 16);
    let done = false;
    return {
      blocks: 0,
      words: `reorg of depth ${depth} as soon as that takes back a mint`,
      isOver: () => done,
      begin({ chain, beforeBlock }) {
        const work = async (): Promise<void> => {
          if (done || !(await mintsWithin(chain, depth))) return;
          done = (await chain.reorg(depth)) > 0;
        };
        beforeBlock.add(work);
        return () => {
          beforeBlock.delete(work);
        };
      },
    };
  },
};

/** Whether one of the newest `depth` blocks holds a mint. */
async function mintsWithin({ rpc, tip, minter }: Chain, depth: number): Promise<boolean> {
  const fromBlock = toQuantity(Math.max(0, tip - depth + 1));
  return (await rpc.request<unknown[]>("eth_getLogs", [{ address: minter, fromBlock, toBlock: toQuantity(tip) }])).length > 0;
}
