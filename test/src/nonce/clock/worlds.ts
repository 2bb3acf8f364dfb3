import { networkOf } from "../../../../src/chain/networks.ts";
import type { Random } from "./random.ts";
import type { World } from "./simulation.ts";

/** One way to a public endpoint: some 60 ms there and back, seldom several hundred. */
const transit = (random: Random): number => random.lognormal(30, 0.5);

const mainnet = networkOf(1);
const base = networkOf(8_453);

/**
 * Delays by what is published of them; src/chain/networks.ts names the sources. Two shapes go through the same published
 * points of Ethereum, so both are run: what is true of one alone would be an artefact of the shape.
 */
export const worlds = {
  "12 s slots": {
    ...{ times: mainnet.blockTimes, pollMs: mainnet.pollMs, slotAware: true, floorOffMs: 0, missed: 0.01, orphaned: 0.003, transit },
    delay: (random) => 400 + random.lognormal(1_100, 0.59),
  },
  "12 s slots, no floor": {
    ...{ times: mainnet.blockTimes, pollMs: mainnet.pollMs, slotAware: true, floorOffMs: 0, missed: 0.01, orphaned: 0.003, transit },
    delay: (random) => random.lognormal(1_520, 0.47),
  },
  "2 s slots": {
    ...{ times: base.blockTimes, pollMs: base.pollMs, slotAware: true, floorOffMs: 0, missed: 0.001, orphaned: 0, transit },
    delay: (random) => 60 + random.lognormal(190, 0.7),
  },
} as const satisfies Record<string, World>;
