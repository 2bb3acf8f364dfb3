import { type FaultKind, misbehave } from "./fault.ts";

/** No endpoint answers for a while. */
export const down: FaultKind = {
  name: "down",
  most: 1,
  alone: 2,
  draw: (random) => ({
    blocks: random.int(4, 25),
    words: "all endpoints are down",
    begin({ endpoints }) {
      for (const endpoint of endpoints) misbehave(endpoint, { down: true });
      return () => {
        for (const endpoint of endpoints) misbehave(endpoint, { down: false });
      };
    },
  }),
};
