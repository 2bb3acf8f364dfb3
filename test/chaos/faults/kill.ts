import { type WriteAheadPoint, writeAheadPoints } from "../../../src/write-ahead.ts";
import { hold, usualGwei } from "./base-fee.ts";
import { type Drawn, type End, type FaultKind, nothing, type Stage } from "./fault.ts";

/** The service is killed, whatever it is doing. */
export const kill: FaultKind = {
  name: "kill",
  most: 3,
  alone: 6,
  draw: () => ({
    blocks: 0,
    words: "the service is killed",
    begin({ service }) {
      service.kill();
      return nothing;
    },
  }),
};

/** What brings the service to points that it does not pass by itself. */
const triggers: Partial<Record<WriteAheadPoint, { readonly words: string; readonly begin: (stage: Stage) => Promise<End> }>> = {
  "reorg:seen": {
    words: " after a reorg of depth 4",
    async begin({ chain }) {
      await chain.reorg(4);
      return nothing;
    },
  },
  "replacement:signed": { words: " while the base fee is ten times the usual", begin: (stage) => hold(stage, usualGwei * 10) },
  "replacement:recorded": { words: " while the base fee is ten times the usual", begin: (stage) => hold(stage, usualGwei * 10) },
};

/** The service kills itself at a labelled point of its write-ahead path. Alone: at each point once. */
export const killAt: FaultKind = {
  name: "kill-at",
  most: 4,
  alone: writeAheadPoints.length,
  resource: "base fee",
  draw(random, index) {
    const point = index === undefined ? undefined : writeAheadPoints[index];
    return dieAt(point ?? random.pick(writeAheadPoints), random.int(1, 3));
  },
};

function dieAt(point: WriteAheadPoint, reach: number): Drawn {
  const trigger = triggers[point];
  const time = ["first", "second", "third"][reach - 1] ?? `${reach}th`;
  return {
    blocks: trigger ? 15 : 0,
    words: `the service dies when it reaches ${point} for the ${time} time${trigger?.words ?? ""}`,
    begin(stage) {
      stage.service.dieAt(point, reach);
      return trigger?.begin(stage) ?? nothing;
    },
  };
}
