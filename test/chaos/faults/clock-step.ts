import { type FaultKind, nothing } from "./fault.ts";

const steps = [5, 60, 600, 3_600, 6 * 3_600] as const;

/** The service's system clock jumps, by seconds to hours, and stays there until it jumps again. */
export const clockStep: FaultKind = {
  name: "clock-step",
  most: 3,
  alone: 4,
  draw(random, index) {
    const seconds = random.pick(steps) * (index === undefined ? random.pick([-1, 1]) : index % 2 === 0 ? -1 : 1);
    return {
      blocks: 0,
      words: `the system clock is set ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} the true time`,
      begin({ control }) {
        control.stepClock(seconds * 1_000);
        return nothing;
      },
    };
  },
};
