import { setTimeout as sleep } from "node:timers/promises";
import { isDrift, VoucherNonces } from "../../src/nonce/index.ts";
import { ConflictPath } from "../../src/order/index.ts";
import { openSqliteStore } from "../../src/store/index.ts";
import { shuffledUsers } from "./users.ts";

const MINTER = "0x55AC5436e68305A0C54297642163A8FdF23BbA0a";
const monotonic = (): number => performance.now();

/** Voucher numbers on a durable store, with the service's own retries. The nodes are all in this process. */
export async function openNumbers(path: string, nodes: readonly [string, ...string[]] = ["local"]) {
  const store = await openSqliteStore({ path });
  const nonces = await VoucherNonces.open({
    ...{ store, chainId: 31337, minter: MINTER, nodes, now: monotonic },
    rerouting: (ledger) =>
      new ConflictPath({
        ...{ isConflict: isDrift, pause: (ms: number) => sleep(ms), random: Math.random, now: monotonic },
        shardMap: () => ledger.map,
      }),
  });
  return { nonces, store };
}

export interface Speed {
  readonly count: number;
  readonly numbersPerSecond: number;
  readonly callsPerSecond: number;
  readonly leases: number;
}

/** Numbers a second where 64 callers reserve `count` at a time, each waiting for its answer before it asks again. */
export async function reservingSpeed(path: string, count: number, ms: number): Promise<Speed> {
  const { nonces, store } = await openNumbers(path);
  const users = shuffledUsers(1_000);
  let calls = 0;
  const caller = async (until: number): Promise<void> => {
    while (performance.now() < until) await nonces.reserve(count, users[calls++ % users.length]);
  };
  const callers = (until: number) => Promise.all(Array.from({ length: 64 }, () => caller(until)));
  await callers(performance.now() + ms / 2); // until blocks have the size of the rate
  calls = 0;
  const { leases } = nonces.ledger.state;
  const started = performance.now();
  await callers(started + ms);
  const seconds = (performance.now() - started) / 1_000;
  const speed = { count, callsPerSecond: calls / seconds, numbersPerSecond: (calls * count) / seconds };
  await store.close();
  return { ...speed, leases: nonces.ledger.state.leases - leases };
}
