import { type BlockTimes, BlockClock, follow } from "../../../../src/nonce/index.ts";
import { Random } from "./random.ts";

/** How a simulated endpoint gets its blocks, and what goes wrong meanwhile. All times in milliseconds. */
export interface World {
  readonly times: BlockTimes;
  /** Pause of a steady poll, as in src/chain/networks.ts. */
  readonly pollMs: number;
  /** Whether the looks follow the clock, as the service's do, or are a steady poll's. */
  readonly slotAware: boolean;
  /** From a slot's start until the endpoint has its block. */
  readonly delay: (random: Random) => number;
  /** Added to each delay: by how much the real floor differs from the profile's. */
  readonly floorOffMs: number;
  /** Share of slots without a block. */
  readonly missed: number;
  /** Share of blocks that the next one replaces. */
  readonly orphaned: number;
  /** One way to the endpoint. */
  readonly transit: (random: Random) => number;
  /** Slots between which no block is made, counted from the start; with a pace, they are made up for afterwards, one each so many ms. */
  readonly stall?: { readonly from: number; readonly to: number; readonly paceMs?: number };
  /** Time sources that are asked every ten minutes, and how wide what they say is; the truth lies anywhere within. */
  readonly sources?: { readonly count: number; readonly widthMs: number };
  /** Slots between which the endpoint shows each block this much later. */
  readonly lag?: { readonly from: number; readonly to: number; readonly ms: number };
}

/** One reading of the clock against the truth. */
export interface Reading {
  readonly slot: number;
  /** Chain time by the clock less true time; undefined where it gave none. */
  readonly errorMs: number | undefined;
  readonly boundMs: number;
  readonly withinBound: boolean;
  /** The same of the estimator that adds the time since the newest block was seen to that block's timestamp. */
  readonly lastBlockErrorMs: number | undefined;
}

export interface Outcome {
  readonly readings: readonly Reading[];
  /** Looks at the endpoint, and slots that passed. */
  readonly looks: number;
  readonly slots: number;
  /** From when the endpoint has a block until it is seen. */
  readonly lagsMs: readonly number[];
  /** Readings that were less than one before them: there may be none. */
  readonly backward: number;
}

interface SimulatedBlock {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: number;
  readonly parent: SimulatedBlock | undefined;
  readonly shownAt: number;
}

/** When the simulated chain begins: seconds since the epoch, no multiple of any slot. */
const genesis = 1_606_824_023;

/** Largest error of the local oscillator's rate. */
const driftPpm = 50;

/** Runs a clock for some slots against a chain drawn from a seed. The same seed is the same run. */
export function simulate(world: World, seed: number, slots: number): Outcome {
  const random = new Random(seed);
  const { slotMs } = world.times;
  const rate = 1 + random.between(-driftPpm, driftPpm) * 1e-6;
  const bootedAt = genesis * 1_000 - random.between(1e6, 1e9);
  const phase = random.between(0, slotMs);
  const start = genesis * 1_000 + phase;
  let trueMs = start;
  const monotonic = (at = trueMs): number => (at - bootedAt) * rate;
  const clock = new BlockClock({ times: world.times, monotonic });

  const chain = blocksOf(world, random, slots);
  const readAt = chain.map((_, slot) => genesis * 1_000 + slot * slotMs + random.between(0, slotMs)).filter((at) => at > start);
  const readings: Reading[] = [];
  const lagsMs: number[] = [];
  let [looks, backward, lastShown, nextReading] = [0, 0, -Infinity, 0];
  let tip: SimulatedBlock | undefined;
  let lastBlock: { timestamp: number; seenAtMs: number } | undefined;
  let formerAskedAtMs: number | undefined;

  const readUntil = (until: number): void => {
    for (let at = readAt[nextReading]; at !== undefined && at <= until; at = readAt[++nextReading]) {
      trueMs = at;
      const { nowMs, boundMs, withinBound } = clock.reading();
      if (nowMs !== undefined && nowMs < lastShown) backward++;
      lastShown = nowMs ?? lastShown;
      readings.push({
        slot: Math.floor((at - genesis * 1_000) / slotMs),
        errorMs: nowMs === undefined ? undefined : nowMs - at,
        ...{ boundMs, withinBound },
        lastBlockErrorMs: lastBlock && lastBlock.timestamp * 1_000 + monotonic() - lastBlock.seenAtMs - at,
      });
    }
    trueMs = until;
  };

  const askSources = (): void => {
    const { count = 0, widthMs = 0 } = world.sources ?? {};
    for (let i = 0; i < count; i++) {
      const lowMs = trueMs - random.between(0, widthMs);
      clock.hear(`source ${i}`, { lowMs, highMs: lowMs + widthMs, atMs: monotonic() });
    }
  };

  const end = genesis * 1_000 + slots * slotMs;
  let sourcesAskedAt = -Infinity;
  while (trueMs < end) {
    if (trueMs - sourcesAskedAt > 600_000) {
      askSources();
      sourcesAskedAt = trueMs;
    }
    const askedAtMs = monotonic();
    const servedAt = trueMs + world.transit(random);
    const head = headAt(chain, servedAt);
    readUntil(servedAt + world.transit(random));
    looks++;
    const answeredAtMs = monotonic();
    const { added, orphaned } = changeBetween(tip, head);
    follow(clock, { added, orphaned, answeredAtMs, formerAskedAtMs });
    if (added.length > 0 && head) lastBlock = { timestamp: head.timestamp, seenAtMs: answeredAtMs };
    if (tip) lagsMs.push(...added.map(({ shownAt }) => trueMs - shownAt));
    tip = added.length > 0 || orphaned.length > 0 ? head : tip;
    formerAskedAtMs = askedAtMs;
    const pause = world.slotAware ? clock.lookInMs(world.pollMs) : world.pollMs;
    const late = random.chance(0.01) ? random.between(0, 200) : -Math.log(1 - random.next()); // a busy event loop, now and then
    readUntil(trueMs + pause + late);
  }
  return { readings, looks, slots: slots - phase / slotMs, lagsMs, backward };
}

/** The block of each slot, where it has one. */
function blocksOf(world: World, random: Random, slots: number): (SimulatedBlock | undefined)[] {
  const { slotMs } = world.times;
  const within = (slot: number, span?: { from: number; to: number }): boolean => span !== undefined && slot >= span.from && slot < span.to;
  const blocks: (SimulatedBlock | undefined)[] = [];
  let parent: SimulatedBlock | undefined;
  let before: SimulatedBlock | undefined;
  for (let slot = 0; slot < slots; slot++) {
    const at = genesis * 1_000 + slot * slotMs;
    const extra = world.floorOffMs + (within(slot, world.lag) ? (world.lag?.ms ?? 0) : 0);
    const { stall } = world;
    const made = stall?.paceMs !== undefined && slot >= stall.from ? madeUpAt(stall.from, stall.to, stall.paceMs, slot, slotMs) : at;
    const shownAt = Math.max(at, made) + world.delay(random) + extra;
    if (random.chance(world.missed) || (stall?.paceMs === undefined && within(slot, stall))) {
      blocks.push(undefined);
      continue;
    }
    if (before && parent && random.chance(world.orphaned)) parent = before; // the former block is left out
    const block: SimulatedBlock = {
      number: (parent?.number ?? 0) + 1,
      hash: `${slot}`,
      timestamp: at / 1_000,
      parent,
      shownAt: Math.max(shownAt, parent?.shownAt ?? 0),
    };
    blocks.push(block);
    before = parent;
    parent = block;
  }
  return blocks;
}

/** When the block of a slot is made by a sequencer that stood still and makes up for it. */
const madeUpAt = (from: number, to: number, paceMs: number, slot: number, slotMs: number): number =>
  genesis * 1_000 + to * slotMs + (slot - from) * paceMs;

/** The newest block that the endpoint has: the one of the latest slot. */
function headAt(blocks: readonly (SimulatedBlock | undefined)[], at: number): SimulatedBlock | undefined {
  return blocks.findLast((block) => block !== undefined && block.shownAt <= at);
}

function changeBetween(tip: SimulatedBlock | undefined, head: SimulatedBlock | undefined) {
  const [added, orphaned]: [SimulatedBlock[], SimulatedBlock[]] = [[], []];
  if (tip === undefined) return { added: head ? [head] : [], orphaned };
  let [theirs, ours]: (SimulatedBlock | undefined)[] = [head, tip];
  while (theirs !== ours && (theirs ?? ours)) {
    if (theirs && theirs.number >= (ours?.number ?? 0)) {
      added.unshift(theirs);
      theirs = theirs.parent;
    } else if (ours) {
      orphaned.push(ours);
      ours = ours.parent;
    }
  }
  return { added, orphaned };
}
