import type { FaultKind } from "./fault.ts";

/** The store's disk is full until somebody frees some space. */
export const diskFull: FaultKind = {
  name: "disk-full",
  most: 1,
  resource: "disk",
  alone: 2,
  draw(random) {
    const sound = random.int(0, 30);
    return {
      blocks: random.int(5, 15),
      words: `the disk is full after ${sound} more writes`,
      begin({ control }) {
        control.set("full", sound);
        return () => {
          control.set("sound");
        };
      },
    };
  },
};

/** The store's disk cannot make anything durable, and says so. */
export const syncFails: FaultKind = {
  name: "sync-fails",
  most: 1,
  resource: "disk",
  alone: 2,
  draw(random) {
    const sound = random.int(0, 10);
    return {
      blocks: random.int(5, 15),
      words: `fsync fails after ${sound} more`,
      begin({ control }) {
        control.set("sync fails", sound);
        return () => {
          control.set("sound");
        };
      },
    };
  },
};
