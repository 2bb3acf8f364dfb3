import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { MintdError } from "../../src/error.ts";
import { routeOf, ShardUnknown } from "../../src/nonce/index.ts";
import { openNumbers } from "./reserving.ts";
import { shuffledUsers } from "./users.ts";

export interface OfferedLoad {
  readonly perSecond: number;
  readonly seconds: number;
  readonly moveEveryMs: number;
  readonly remapEveryMs: number;
  /** How long callers go on with the map that they know. */
  readonly mapAgeMs: number;
}

export interface OfferedReport extends OfferedLoad {
  readonly offered: number;
  /** Reservations that were refused, by the error's code. */
  readonly failures: Readonly<Record<string, number>>;
  readonly moves: number;
  readonly maps: number;
  /** Attempts that were routed again. */
  readonly drifted: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly loopP99Ms: number;
  readonly repeats: number;
}

const NODES = ["a", "b", "c", "d"] as const;
const SHARDS = [32, 64] as const;
const TICK_MS = 2;

function unlessTheMapShrank(error: unknown): void {
  if (!(error instanceof ShardUnknown)) throw error;
}

/**
 * Offers reservations at a fixed rate, whatever becomes of them, while shards are moved between four nodes and the map is
 * changed. A reservation's time runs from the moment at which it was due, so a stall counts against all that fell into it.
 */
export async function offerLoad(path: string, load: OfferedLoad, onSecond: (second: number) => void): Promise<OfferedReport> {
  const { nonces, store } = await openNumbers(path, NODES);
  const users = shuffledUsers(10_000);
  const times: number[] = [];
  const given = new Set<bigint>();
  let [repeats, moves, maps] = [0, 0, 0];
  let { map } = nonces.ledger;
  const stop = new AbortController();
  // Not in step with each other, as timers of one length would be.
  const repeatedly = async (ms: number, work: () => Promise<unknown>): Promise<void> => {
    const turn = (): Promise<boolean> =>
      sleep(ms * (0.5 + Math.random()), undefined, { signal: stop.signal }).then(
        () => true,
        () => false,
      );
    while (await turn()) await work();
  };
  const changing = [
    repeatedly(load.moveEveryMs, async () => {
      const shard = moves++ % nonces.ledger.map.shards;
      const node = NODES[Math.floor(Math.random() * NODES.length)] ?? "a";
      await nonces.ledger.move(shard, node).catch(unlessTheMapShrank);
    }),
    repeatedly(load.remapEveryMs, async () => {
      await nonces.ledger.remap(SHARDS[++maps % 2] ?? 32);
    }),
    repeatedly(load.mapAgeMs, () => {
      ({ map } = nonces.ledger);
      return Promise.resolve();
    }),
  ];
  const failures = new Map<string, number>();
  const reserve = async (due: number, i: number): Promise<void> => {
    const user = users[i % users.length] ?? "";
    try {
      for (const number of await nonces.reserveBy(routeOf(user, map), 1 + (i % 4))) {
        if (given.has(number)) repeats++;
        given.add(number);
      }
      times.push(performance.now() - due);
    } catch (error) {
      const code = error instanceof MintdError ? error.code : String(error);
      failures.set(code, (failures.get(code) ?? 0) + 1);
    }
  };
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const started = performance.now();
  const total = load.perSecond * load.seconds;
  const under = new Set<Promise<void>>();
  for (let offered = 0, second = 0; offered < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * load.perSecond));
    for (; offered < due; offered++) {
      const one = reserve(started + (offered * 1_000) / load.perSecond, offered).finally(() => under.delete(one));
      under.add(one);
    }
    if (offered / load.perSecond > second + 1) onSecond(++second);
    await Promise.race([sleep(TICK_MS), ...changing]); // what fails of the changes ends the run
  }
  await Promise.all(under);
  loop.disable();
  stop.abort();
  await Promise.all(changing);
  await store.close();
  times.sort((a, b) => a - b);
  const quantile = (q: number): number => times[Math.floor((times.length - 1) * q)] ?? NaN;
  return {
    ...{ ...load, offered: total, failures: Object.fromEntries(failures), moves, maps, repeats, drifted: nonces.counts.drifted },
    ...{ p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1), loopP99Ms: loop.percentile(99) / 1e6 },
  };
}
