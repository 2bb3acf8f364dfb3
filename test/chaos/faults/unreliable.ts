import type { Faults } from "../proxy/index.ts";
import { type FaultKind, misbehave, percent } from "./fault.ts";

type Share = "reject" | "loseResponse" | "drop" | "duplicate" | "stale";

/** A kind of fault that every endpoint makes with some probability. */
export function unreliable(name: string, share: Share, range: readonly [min: number, max: number], words: string): FaultKind {
  return {
    name,
    most: 2,
    alone: 2,
    draw(random) {
      const [min, max] = range;
      const probability = random.int(min, max) / 100;
      const change: Partial<Faults> = { [share]: probability };
      return {
        blocks: random.int(15, 40),
        words: `${percent(probability)} ${words}`,
        begin({ endpoints }) {
          for (const endpoint of endpoints) misbehave(endpoint, change);
          return () => {
            for (const endpoint of endpoints) misbehave(endpoint, { [share]: 0 });
          };
        },
      };
    },
  };
}
