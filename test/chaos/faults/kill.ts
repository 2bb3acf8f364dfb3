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

/** What brings the service to a point that it does not pass by itself; it goes on until the service gets there. */
interface Trigger {
  readonly words: string;
  /** Blocks that it is given at least. */
  readonly blocks: number;
  /** What is to be done ahead of each block. */
  begin(stage: Stage): () => Promise<void>;
  end(stage: Stage): Promise<void>;
}

const reorgs: Trigger = {
  words: ", while there is one reorg after the other",
  blocks: 6,
  begin({ chain }) {
    let block = 0;
    return async () => {
      if (block++ % 6 === 0) await chain.reorg(4);
    };
  },
  end: () => Promise.resolve(),
};

/** Blocks for which gas stays dear: long enough for a service that starts on a busy machine. */
const dearBlocks = 60;

/** First a transaction falls out of the pool, then gas becomes too dear for it, then all is well again; and once more. */
const spikes: Trigger = {
  words: ", while transactions are lost and gas becomes ten times as dear",
  blocks: 20,
  begin({ endpoints, chain }) {
    const lost = (): number => endpoints.reduce((sum, { stats }) => sum + stats.faults.drop, 0);
    let [lostBefore, dear] = [lost(), 0];
    return async () => {
      const waits = dear === 0 && lost() === lostBefore;
      for (const endpoint of endpoints) misbehave(endpoint, { drop: waits ? 1 : 0 });
      if (waits) return;
      await setBaseFee(chain, dear < dearBlocks ? usualGwei * 10 : usualGwei);
      if (dear++ > dearBlocks) [lostBefore, dear] = [lost(), 0];
    };
  },
  async end({ endpoints, chain }) {
    for (const endpoint of endpoints) misbehave(endpoint, { drop: 0 });
    await setBaseFee(chain, usualGwei);
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
  return {
    blocks: trigger?.blocks ?? 0,
    words: `the service dies when it reaches ${point} for the ${["first", "second", "third"][reach - 1] ?? `${reach}th`} time${trigger?.words ?? ""}`,
    isOver: ({ service }) => !service.unreached.includes(point),
    begin(stage) {
      stage.service.dieAt(point, reach);
      if (!trigger) return nothing;
      const work = trigger.begin(stage);
      stage.beforeBlock.add(work);
      return () => {
        stage.beforeBlock.delete(work);
        return trigger.end(stage);
      };
    },
  };
}
