import { toQuantity } from "../../../src/chain/rpc/rpc.ts";
import type { FaultKind, Stage } from "./fault.ts";

/**
 * The newest blocks are replaced by others; their transactions do not come back to the pool. Waits until there is a mint in
 * them; the first one alone until the service has told of it, so that a service that is slow to see blocks takes one back too.
 */
export const reorg: FaultKind = {
  name: "reorg",
  most: 3,
  alone: 5,
  draw(random, index) {
    const isFirst = index === 0;
    const depth = isFirst ? 16 : random.int(1, 16);
    let done = false;
    return {
      blocks: 0,
      words: `reorg of depth ${depth} as soon as that takes back a mint${isFirst ? " that was told of" : ""}`,
      isOver: () => done,
      begin(stage) {
        const { chain, beforeBlock } = stage;
        const work = async (): Promise<void> => {
          if (done || !(await mintsWithin(stage, depth, isFirst))) return;
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

/** Whether one of the newest `depth` blocks holds a mint, of which the service has told if it must have. */
async function mintsWithin({ chain, hasTold }: Stage, depth: number, told: boolean): Promise<boolean> {
  const { rpc, tip, minter } = chain;
  const fromBlock = toQuantity(Math.max(0, tip - depth + 1));
  const filter = { address: minter, fromBlock, toBlock: toQuantity(tip) };
  const logs = await rpc.request<readonly { readonly blockHash: string }[]>("eth_getLogs", [filter]);
  return logs.some(({ blockHash }) => !told || hasTold(blockHash));
}
