import { type WriteAheadPoint, writeAheadPoints } from "../../../src/write-ahead.ts";
import { setBaseFee, usualGwei } from "./base-fee.ts";
import { type Drawn, type FaultKind, misbehave, nothing, type Stage } from "./fault.ts";

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

/** What brings the service to a point that it does not pass by itself; done again and again until it gets there. */
interface Trigger {
  readonly words: string;
  /** Called ahead of each block. @param block counted from 0, again after so many */
  onBlock(stage: Stage, block: number): Promise<void>;
  readonly everyBlocks: number;
}

const reorgs: Trigger = {
  words: ", while there is one reorg after the other",
  everyBlocks: 6,
  async onBlock({ chain }, block) {
    if (block === 0) await chain.reorg(4);
  },
};

/** Blocks in which transactions pile up, blocks in which they are too cheap, and some in which all is well. */
const spike = { pileUp: 5, dear: 10, calm: 5 } as const;

const spikes: Trigger = {
  words: ", while transactions are lost and gas becomes ten times as dear, again and again",
  everyBlocks: spike.pileUp + spike.dear + spike.calm,
  async onBlock({ endpoints, chain }, block) {
    for (const endpoint of endpoints) misbehave(endpoint, { drop: block < spike.pileUp ? 1 : 0 });
    const dear = block >= spike.pileUp && block < spike.pileUp + spike.dear;
    if (block >= spike.pileUp) await setBaseFee(chain, dear ? usualGwei * 10 : usualGwei);
  },
};

const triggers: Partial<Record<WriteAheadPoint, Trigger>> = {
  "reorg:seen": reorgs,
  "replacement:signed": spikes,
  "replacement:recorded": spikes,
};

/** The service kills itself at a labelled point of its write-ahead path. Alone: at each point once. */
export const killAt: FaultKind = {
  name: "kill-at",
  most: 4,
  alone: writeAheadPoints.length,
  resource: "base fee",
  draw(random, index) {
    const reach = random.int(1, 3);
    const point = index === undefined ? undefined : writeAheadPoints[index];
    return point ? dieAt(point, 1) : dieAt(random.pick(writeAheadPoints), reach);
  },
};

function dieAt(point: WriteAheadPoint, reach: number): Drawn {
  const trigger = triggers[point];
  const isOver = ({ service }: Stage): boolean => !service.unreached.includes(point);
  return {
    blocks: trigger?.everyBlocks ?? 0,
    words: `the service dies when it reaches ${point} for the ${["first", "second", "third"][reach - 1] ?? `${reach}th`} time${trigger?.words ?? ""}`,
    isOver,
    begin(stage) {
      stage.service.dieAt(point, reach);
      if (!trigger) return nothing;
      let block = 0;
      const work = async (): Promise<void> => {
        await trigger.onBlock(stage, block++ % trigger.everyBlocks);
      };
      stage.beforeBlock.add(work);
      return async () => {
        stage.beforeBlock.delete(work);
        if (trigger === spikes) await trigger.onBlock(stage, trigger.everyBlocks - 1);
      };
    },
  };
}
