import { laneAddresses, usersOfLanes } from "./accounts.ts";
import { audit, type Problem } from "./audit/index.ts";
import type { End } from "./faults/index.ts";
import type { Report } from "./report.ts";
import type { Entry, Schedule } from "./schedule.ts";
import { Theatre } from "./theatre.ts";
import type { Ticks } from "./ticks.ts";
import type { Users } from "./users.ts";

/**
 * Blocks after the last fault that may pass without a word of progress from the service before all is final. A healthy
 * service needs about 40 in all; on a busy machine it falls behind blocks that come by the clock, and still goes on.
 */
const mostIdleBlocks = 600;
/** Blocks in which all must be final even so: a service that tells of progress for ever does not heal either. */
const mostBlocksToHeal = 6_000;

export interface SimulationOptions {
  readonly schedule: Schedule;
  /** Empty folder for the chain's states, the store and the logs. */
  readonly folder: string;
}

/** Runs a schedule to its end and holds what came of it against the laws. Always ends what it started. */
export async function simulate({ schedule, folder }: SimulationOptions): Promise<Report> {
  const began = performance.now();
  await using theatre = await Theatre.open(schedule.seed, folder);
  const { stage, ticks, users, storePath, logPath, announced } = theatre;
  const { chain, service, endpoints, control } = stage;
  await runSchedule(schedule, ticks, users);
  const [healBegan, healFrom] = [performance.now(), ticks.count];
  const problems = await settle(theatre, "not healed");
  const toHeal = { blocks: ticks.count - healFrom, ms: Math.round(performance.now() - healBegan) };
  if (problems.length === 0) {
    // A lane that is stuck shows when it is asked for one more.
    users.want(usersOfLanes.map((user) => ({ key: `user-${user}/after-the-faults`, user, quantity: 1 })));
    problems.push(...(await settle(theatre, "stuck lane")));
  }
  await service.stop();
  const accepted = [...users.accepted.values()];
  const evidence = { rpc: chain.rpc, minter: chain.minter, lanes: laneAddresses, storePath, announced };
  const findings = await audit({ ...evidence, accepted, wanted: [...accepted, ...users.waiting.values()] });
  return {
    ...{ schedule, findings, toHeal, logPath },
    problems: [...problems, ...findings.problems],
    accepted: accepted.length,
    sends: users.sends,
    lives: service.lives,
    unreached: service.unreached,
    blocks: chain.tip,
    ms: Math.round(performance.now() - began),
    endpoints: endpoints.map(({ stats }) => stats.faults),
    disk: control.counts,
  };
}

/** Blocks until every order is accepted and nothing is under way. Returns what was wrong where that did not come. */
async function settle({ stage, ticks, users, announced }: Theatre, law: Problem["law"]): Promise<Problem[]> {
  const settled = async (): Promise<void> => {
    await users.allAccepted();
    await stage.service.idle();
  };
  const wrong = (why: string): Problem[] => [
    { law, words: `${why}: ${users.accepted.size} orders were acknowledged, ${users.waiting.size} were not` },
  ];
  try {
    const limits = { most: mostBlocksToHeal, mostIdle: mostIdleBlocks, progress: () => announced.length + users.accepted.size };
    const blocks = await ticks.until(settled(), limits);
    return blocks === undefined ? [] : wrong(`not all was final after ${blocks} blocks`);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

/** Blocks for which faults may go on beyond their time. */
const mostBlocksBeyond = 1_500;

/** From the first block to the end of the last fault. */
async function runSchedule({ entries, sendings, blocks, users: userCount }: Schedule, ticks: Ticks, users: Users): Promise<void> {
  const ends = new Map<Entry, End>();
  const isOver = ({ at, drawn }: Entry, block: number): boolean => block >= at + drawn.blocks && (drawn.isOver?.(ticks.stage) ?? true);
  for (let block = 0; block <= blocks || (ends.size > 0 && block <= blocks + mostBlocksBeyond); block++) {
    await ticks.next(async () => {
      for (const [entry, end] of [...ends]) {
        if (!isOver(entry, block)) continue;
        ends.delete(entry);
        await end();
      }
      for (const entry of entries) if (entry.at === block) ends.set(entry, await entry.drawn.begin(ticks.stage));
      for (const sending of sendings) if (sending.at === block) users.want(sending.orders);
      const beyond = block - blocks; // what goes on then may wait for orders
      if (beyond > 0) users.want([{ key: `beyond/order-${beyond}`, user: beyond % userCount, quantity: 1 }]);
    });
  }
  for (const end of ends.values()) await end();
}
