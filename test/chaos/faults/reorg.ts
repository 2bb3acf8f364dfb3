import { type FaultKind, nothing } from "./fault.ts";

/** The newest blocks are replaced by others; their transactions do not come back to the pool. */
export const reorg: FaultKind = {
  name: "reorg",
  most: 3,
  alone: 5,
  draw(random, index) {
    const depth = index === 0 ? 16 : random.int(1, 16);
    return {
      blocks: 0,
      words: `reorg of depth ${depth}`,
      async begin({ chain }) {
        await chain.reorg(depth);
        return nothing;
      },
    };
  },
};
