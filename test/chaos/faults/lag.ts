import { endpointCount, endpointOf, type FaultKind, misbehave } from "./fault.ts";

/** One endpoint is some blocks behind the others. */
export const lag: FaultKind = {
  name: "lag",
  most: 2,
  alone: 2,
  draw(random) {
    const number = random.int(0, endpointCount - 1);
    const blocks = random.int(2, 10);
    return {
      blocks: random.int(10, 40),
      words: `endpoint ${number + 1} is ${blocks} blocks behind`,
      begin(stage) {
        const endpoint = endpointOf(stage, number);
        misbehave(endpoint, { lagBlocks: blocks });
        return () => {
          misbehave(endpoint, { lagBlocks: 0 });
        };
      },
    };
  },
};
