import { Fork } from "../chain/index.ts";
import { endpointCount, endpointOf, type FaultKind } from "./fault.ts";

/** One endpoint follows a chain of its own that split off; the node behind it mines what it is sent. */
export const fork: FaultKind = {
  name: "fork",
  most: 1,
  alone: 2,
  draw(random) {
    const number = random.int(0, endpointCount - 1);
    return {
      blocks: random.int(5, 16),
      words: `endpoint ${number + 1} follows a fork`,
      async begin(stage) {
        const { chain, beforeBlock } = stage;
        const endpoint = endpointOf(stage, number);
        const split = await Fork.of(chain, () => {
          beforeBlock.delete(mine);
          endpoint.target = chain.url;
        });
        const mine = () => split.mine();
        beforeBlock.add(mine);
        endpoint.target = split.url;
        return () => split.end();
      },
    };
  },
};
