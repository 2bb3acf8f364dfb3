import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { voucherSigner, World } from "../src/mintd/world.ts";
import { laneAccounts, laneAddresses } from "./accounts.ts";
import type { Announcement } from "./audit/index.ts";
import { anvilOptions, Chain } from "./chain/index.ts";
import { compileFaultyDisk, Control } from "./disk/index.ts";
import { endpointCount, feeCapGwei, type Stage } from "./faults/index.ts";
import { FaultProxy } from "./proxy/index.ts";
import { Random } from "./random.ts";
import { Supervisor, type Word } from "./service/index.ts";
import { Ticks } from "./ticks.ts";
import { Users } from "./users.ts";

/** Milliseconds from one block to the next at least. */
const paceMs = 100;
/** The chain's two seconds between blocks take a tenth of a second here, and so does everything that the service waits for. */
const speed = 20;
/** Times that the service may be started in one run. */
const mostLives = 150;

/** mintd's settings. */
const settings = {
  rpc: { pollMs: 400, timeoutMs: 2_000 },
  batch: { maxItems: 20, maxWaitMs: 1_000 },
  fees: { maxFeePerGasGwei: feeCapGwei, priorityFeeGwei: 1 },
};

/** Chain, endpoints, disk, service and users of one run; what happens on it is the schedule's business. */
export class Theatre implements AsyncDisposable {
  readonly stage: Stage;
  readonly ticks: Ticks;
  readonly users: Users;
  /** What the service announced, in the order in which it was heard. */
  readonly announced: readonly Announcement[];
  readonly storePath: string;
  readonly logPath: string;
  readonly #held: AsyncDisposableStack;

  private constructor(stage: Stage, users: Users, announced: readonly Announcement[], paths: Paths, held: AsyncDisposableStack) {
    this.stage = stage;
    this.ticks = new Ticks(stage, paceMs);
    this.users = users;
    this.announced = announced;
    this.storePath = paths.store;
    this.logPath = paths.log;
    this.#held = held;
  }

  /** Starts everything; resolves when the service is ready. @param folder empty, for states, store and logs */
  static async open(seed: number, folder: string): Promise<Theatre> {
    await using opening = new AsyncDisposableStack();
    const paths = pathsIn(folder);
    await mkdir(paths.storeFolder, { recursive: true });
    const world = await World.begin(anvilOptions);
    opening.defer(() => world.end());
    const chain = await Chain.begin(world.anvil, world.deployment, folder);
    opening.defer(() => chain.anvil.kill()); // another one than the world's after a restart
    const endpoints = await endpointsOf(chain, new Random(seed), opening);
    const control = opening.use(new Control(paths.control));
    const announced: Announcement[] = [];
    const hasTold = (blockHash: string): boolean =>
      announced.some(({ event }) => event.kind === "tentative" && event.data.blockHash === blockHash);
    const ready = Promise.withResolvers<undefined>();
    const service: Supervisor = new Supervisor({
      service: {
        ...{ urls: endpoints.map(({ url }) => url), deployment: world.deployment, settings, speed },
        ...{ storePath: paths.store, reachedPath: paths.reached },
      },
      env: { ...keys(), ...(await faultyDisk(folder, control, paths)) },
      ...{ logPath: paths.log, mostLives, clock: systemClock },
      hear(word: Word) {
        if (word.kind === "announced") announced.push({ ...word, highest: chain.highest });
        if (word.kind === "accepted") users.acknowledged(word.keys);
        if (word.kind !== "ready") return;
        users.again();
        ready.resolve(undefined);
      },
    });
    const users = new Users((orders) => {
      if (service.isReady) service.tell({ kind: "mint", orders });
    });
    opening.defer(() => service.stop());
    service.start();
    await Promise.race([ready.promise, service.gaveUp]);
    const stage = { chain, endpoints, service, control, lanes: laneAddresses, hasTold, beforeBlock: new Set<() => Promise<void>>() };
    return new Theatre(stage, users, announced, paths, opening.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#held.disposeAsync();
  }
}

type Paths = ReturnType<typeof pathsIn>;

function pathsIn(folder: string) {
  const storeFolder = join(folder, "store");
  return {
    storeFolder,
    store: join(storeFolder, "store.db"),
    log: join(folder, "service.log"),
    reached: join(folder, "reached.log"),
    control: join(folder, "disk-and-clock"),
  };
}

async function endpointsOf(chain: Chain, random: Random, held: AsyncDisposableStack): Promise<FaultProxy[]> {
  const endpoints: FaultProxy[] = [];
  for (let i = 0; i < endpointCount; i++) {
    const endpoint = await FaultProxy.start({ target: chain.url, random: random.derive(`endpoint ${i}`) });
    held.defer(() => endpoint.close());
    endpoints.push(endpoint);
  }
  return endpoints;
}

/** anvil's own, which everybody knows; in the environment all the same, as a service gets its keys. */
const keys = (): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  CHAOS_LANE_KEYS: laneAccounts.map(({ privateKey }) => privateKey).join(","),
  CHAOS_VOUCHER_KEY: voucherSigner.privateKey,
});

const faultyDisk = async (folder: string, { file }: Control, { storeFolder }: Paths): Promise<Record<string, string>> => ({
  LD_PRELOAD: await compileFaultyDisk(folder),
  CHAOS_CONTROL: file,
  CHAOS_FOLDER: storeFolder,
});
