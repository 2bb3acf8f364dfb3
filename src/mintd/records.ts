import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import type { MintdConfig } from "../config/index.ts";
import { drawnSlice, isDrift, VoucherNonces } from "../nonce/index.ts";
import { ConflictPath, type OrderBookOptions } from "../order/index.ts";
import { type EventStore, VersionConflict } from "../store/index.ts";

/** Milliseconds that no set clock moves. */
export const monotonic = (): number => performance.now();
const pause = (ms: number): Promise<void> => sleep(ms);

/** A minter's voucher numbers, spread over as many shards as the settings say. */
export async function openNumbers(
  store: EventStore,
  chainId: number,
  minter: string,
  { nonce: { shards } }: MintdConfig,
): Promise<VoucherNonces> {
  const numbers = await VoucherNonces.open({
    ...{ store, chainId, minter, shards, now: monotonic, firstWord: drawnSlice(Math.random()) },
    rerouting: (ledger) =>
      new ConflictPath({ ...{ isConflict: isDrift, pause, now: monotonic, random: Math.random }, shardMap: () => ledger.map }),
  });
  if (numbers.ledger.map.shards !== shards) await numbers.ledger.remap(shards);
  return numbers;
}

/** How orders are kept, by the settings. */
export function bookOptions(minter: string, config: MintdConfig, clock: Clock, onTrouble: (error: unknown) => void): OrderBookOptions {
  return {
    ...{ minter, maxOpen: config.orders.maxOpen, maxIssued: config.orders.maxIssued, onTrouble },
    ...{ monotonic, pause, random: Math.random },
    now: () => clock.now(),
    isConflict: (error) => error instanceof VersionConflict,
  };
}

/** The whole second by the system's clock. */
export const machineSecond = (clock: Clock): number => Math.floor(clock.now() / 1_000);
