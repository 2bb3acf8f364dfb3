import type { FaultKind } from "./fault.ts";

const steps = [5, 60, 600, 3_600, 6 * 3_600] as const;

/** The service's system clock is set wrong, by seconds to hours, and later right again. */
export const clockStep: FaultKind = {
  name: "clock-step",
  most: 2,
  alone: 4,
  draw(random, index) {
    const seconds = random.pick(steps) * (index === undefined ? random.pick([-1, 1]) : index % 2 === 0 ? -1 : 1);
    return {
      blocks: random.int(5, 20),
      words: `the system clock is set ${Math.abs(seconds)} s ${seconds > 0 ? "ahead" : "back"}`,
      begin({ control }) {
        control.stepClock(seconds * 1_000);
        return () => {
          control.stepClock(0);
        };
      },
    };
  },
};
