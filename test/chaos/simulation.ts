import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { voucherSigner, World } from "../src/mintd/world.ts";
import { laneAccounts, laneAddresses, usersOfLanes } from "./accounts.ts";
import { audit, type Announcement, type Problem } from "./audit/index.ts";
import { anvilOptions, Chain } from "./chain/index.ts";
import { compileFaultyDisk, Control } from "./disk/index.ts";
import { type End, endpointCount, feeCapGwei, type Stage } from "./faults/index.ts";
import { FaultProxy } from "./proxy/index.ts";
import { Random } from "./random.ts";
import type { Report } from "./report.ts";
import type { Entry, Schedule } from "./schedule.ts";
import { Supervisor, type Word } from "./service/index.ts";
import { Ticks } from "./ticks.ts";
import { Users } from "./users.ts";

/** Milliseconds from one block to the next at least. */
const paceMs = 100;
/** The chain's two seconds between blocks take a tenth of a second here, and so does everything that the service waits for. */
const speed = 20;
/** Blocks after the last fault in which all must be final; a healthy service needs about 40. */
const mostBlocksToHeal = 600;

export interface SimulationOptions {
  readonly schedule: Schedule;
  /** Empty folder for the chain's states, the store and the logs. */
  readonly folder: string;
}

/** Runs a schedule to its end and holds what came of it against the laws. Always ends what it started. */
export async function simulate({ schedule, folder }: SimulationOptions): Promise<Report> {
  const began = performance.now();
  await mkdir(join(folder, "store"), { recursive: true });
  await using held = new AsyncDisposableStack();
  const world = await World.begin(anvilOptions);
  held.defer(() => world.end());
  const chain = await Chain.begin(world.anvil, world.deployment, folder);
  held.defer(() => chain.anvil.kill());
  const random = new Random(schedule.seed);
  const endpoints: FaultProxy[] = [];
  for (let i = 0; i < endpointCount; i++) {
    const endpoint = await FaultProxy.start({ target: chain.url, random: random.derive(`endpoint ${i}`) });
    held.defer(() => endpoint.close());
    endpoints.push(endpoint);
  }
  const control = held.use(new Control(join(folder, "disk-and-clock")));
  const announced: Announcement[] = [];
  const ready = Promise.withResolvers<undefined>();
  const hear = (word: Word): void => {
    if (word.kind === "announced") announced.push({ ...word, highest: chain.highest });
    if (word.kind === "accepted") users.acknowledged(word.keys);
    if (word.kind === "ready") {
      users.again();
      ready.resolve(undefined);
    }
  };
  const storePath = join(folder, "store", "store.db");
  const logPath = join(folder, "service.log");
  const service = new Supervisor({
    service: {
      urls: endpoints.map(({ url }) => url),
      deployment: world.deployment,
      storePath,
      reachedPath: join(folder, "reached.log"),
      settings: {
        rpc: { pollMs: 400, timeoutMs: 2_000 },
        batch: { maxItems: 20, maxWaitMs: 1_000 },
        fees: { maxFeePerGasGwei: feeCapGwei, priorityFeeGwei: 1 },
      },
      speed,
    },
    env: {
      PATH: process.env["PATH"] ?? "",
      LD_PRELOAD: await compileFaultyDisk(folder),
      CHAOS_CONTROL: control.file,
      CHAOS_FOLDER: join(folder, "store"),
      CHAOS_LANE_KEYS: laneAccounts.map(({ privateKey }) => privateKey).join(","),
      CHAOS_VOUCHER_KEY: voucherSigner.privateKey,
    },
    logPath,
    mostLives: 150,
    clock: systemClock,
    hear,
  });
  const users = new Users((orders) => {
    if (service.isReady) service.tell({ kind: "mint", orders });
  });
  const stage: Stage = { chain, endpoints, service, control, lanes: laneAddresses, beforeBlock: new Set() };
  const ticks = new Ticks(stage, paceMs);

  service.start();
  held.defer(() => service.stop());
  await Promise.race([ready.promise, service.gaveUp]);
  const problems: Problem[] = [];
  await runSchedule(schedule, ticks, users);

  const [healBegan, healFrom] = [performance.now(), ticks.count];
  const settled = async (): Promise<void> => {
    await users.allAccepted();
    await service.idle();
  };
  const healed = await ticks.until(settled(), mostBlocksToHeal).catch((error: unknown) => error);
  const toHeal = { blocks: ticks.count - healFrom, ms: Math.round(performance.now() - healBegan) };
  if (healed === true) {
    // A lane that is stuck shows when it is asked for one more.
    users.want(usersOfLanes.map((user) => ({ key: `user-${user}/after-the-faults`, user, quantity: 1 })));
    if ((await ticks.until(settled(), mostBlocksToHeal).catch((error: unknown) => error)) !== true)
      problems.push({ law: "stuck lane", words: `the orders after the faults were not final after ${mostBlocksToHeal} blocks` });
  } else {
    const waiting = `${users.waiting.size} orders were not acknowledged, ${users.accepted.size} were`;
    const why = healed instanceof Error ? healed.message : `${mostBlocksToHeal} blocks after the last fault`;
    problems.push({ law: "not healed", words: `${why}: ${waiting}` });
  }
  await service.stop();
  const findings = await audit({
    rpc: chain.rpc,
    minter: chain.minter,
    lanes: laneAddresses,
    storePath,
    accepted: [...users.accepted.values()],
    wanted: [...users.accepted.values(), ...users.waiting.values()],
    announced,
  });
  return {
    schedule,
    problems: [...problems, ...findings.problems],
    accepted: users.accepted.size,
    sends: users.sends,
    findings,
    lives: service.lives,
    unreached: service.unreached,
    toHeal,
    blocks: chain.tip,
    ms: Math.round(performance.now() - began),
    logPath,
    endpoints: endpoints.map(({ stats }) => stats.faults),
    disk: control.counts,
  };
}

/** Blocks for which faults may go on beyond their time. */
const mostBlocksBeyond = 400;

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
