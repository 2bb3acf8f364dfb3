import { networkOf } from "../../../../src/chain/networks.ts";
import type { Random } from "./random.ts";
import type { World } from "./simulation.ts";

/** One way to a public endpoint: some 60 ms there and back, seldom several hundred. */
const transit = (random: Random): number => random.lognormal(30, 0.5);

const [mainnet, base] = [networkOf(1), networkOf(8_453)];

/**
 * Delays by what is published of them; src/chain/networks.ts names the sources. Of Base no distribution is published: the
 * median is that of public endpoints, the tail is taken so that one block in a hundred comes after a second. The profiles do
 * not have these p10 by construction: that of the first is 917 ms where the profile says 900, of the last 137 and 140.
 */
const slots12: World = {
  ...{ times: mainnet.blockTimes, pollMs: mainnet.pollMs, slotAware: true, floorOffMs: 0, missed: 0.01, orphaned: 0.003, transit },
  delay: (random) => 400 + random.lognormal(1_100, 0.59),
};
const slots2: World = {
  ...{ times: base.blockTimes, pollMs: base.pollMs, slotAware: true, floorOffMs: 0, missed: 0.001, orphaned: 0, transit },
  delay: (random) => 60 + random.lognormal(190, 0.7),
};

/** What is claimed: the profiles' own networks, with missed slots, reorgs, drift and a busy event loop. */
export const claimed = { "12 s slots": slots12, "2 s slots": slots2 };

/** Other shapes and floors, as far off as the profiles allow for: the error grows, and the bound must still hold it. */
export const allowed = {
  "12 s, the other shape": { ...slots12, delay: (random) => random.lognormal(1_520, 0.47) },
  "12 s, floor 180 ms higher": { ...slots12, floorOffMs: 180 },
  "12 s, floor 180 ms lower": { ...slots12, floorOffMs: -180 },
  "2 s, floor 100 ms higher": { ...slots2, floorOffMs: 100 },
  "2 s, floor 50 ms lower": { ...slots2, floorOffMs: -50 },
} satisfies Record<string, World>;

/** What an HTTPS server's Date says: a round trip and a server's own clock. */
const sources = { count: 2, widthMs: 160 };

/** With two time sources the profile's assumption is checked: the bound is theirs, and a floor beyond the profile is outvoted. */
export const checked = {
  "12 s, two time sources": { ...slots12, sources },
  "12 s, floor 600 ms higher, sources": { ...slots12, floorOffMs: 600, sources },
  "12 s, 2 slots behind, sources": { ...slots12, lag: { from: 0, to: 1e6, ms: 24_000 }, sources },
} satisfies Record<string, World>;

/** What goes wrong: the clock must refuse, or still be within its bound, and be back afterwards. */
export const broken = {
  "12 s, stall of 20 min": { ...slots12, stall: { from: 90, to: 190 } },
  "12 s, endpoint 2 slots behind": { ...slots12, lag: { from: 90, to: 150, ms: 24_000 } },
  "2 s, stall of 2 min, made up for": { ...slots2, stall: { from: 200, to: 260, paceMs: 250 } },
  "12 s, steady poll": { ...slots12, slotAware: false },
  "2 s, steady poll": { ...slots2, slotAware: false },
} satisfies Record<string, World>;

/** Beyond what the profiles assume: printed, so that it is known what the assumption is worth. */
export const beyond = {
  "12 s, floor 600 ms higher": { ...slots12, floorOffMs: 600 },
  "2 s, floor 300 ms higher": { ...slots2, floorOffMs: 300 },
} satisfies Record<string, World>;
