import type { FaultKind } from "./fault.ts";

/** The node is killed and comes back with an earlier state: its newest blocks and its pool are lost. */
export const restart: FaultKind = {
  name: "restart",
  most: 1,
  alone: 2,
  draw(random) {
    const blocks = random.int(1, 16);
    return {
      blocks,
      words: `the node is killed at the end and comes back without its newest ${blocks} blocks`,
      async begin({ chain }) {
        const saved = await chain.save();
        return async () => {
          await chain.restart(saved);
        };
      },
    };
  },
};
