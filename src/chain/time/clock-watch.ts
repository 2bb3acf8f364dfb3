import type { Clock } from "../../clock.ts";
import { BlockClock, type ClockReading, follow } from "../../nonce/index.ts";
import { Heads } from "../confirm/heads.ts";
import { networkOf } from "../networks.ts";
import { isRpcError, type Rpc } from "../rpc/rpc.ts";
import { TimeSources, timeSourcesOf } from "./time-sources.ts";

export interface ClockWatchParts {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly monotonic: () => number;
  /** Stops after so many blocks; undefined: as soon as hybrid vouchers may be issued, or when the window is full. */
  readonly blocks: number | undefined;
  /** The setting clock.sources. */
  readonly sources: string | undefined;
  /** Time between looks where the clock does not say, in milliseconds; undefined: the network's. */
  readonly pollMs: number | undefined;
  readonly onBlock: (seen: number, reading: ClockReading) => void;
  readonly onTrouble: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** What was learnt of a chain's time. */
export interface ClockReport extends ClockReading {
  readonly network: string;
  readonly slotMs: number;
  /** Blocks that were seen as they came. */
  readonly blocks: number;
  /** Chain time less the system clock's, in milliseconds; undefined while it is not known. */
  readonly aheadOfSystemMs: number | undefined;
  /** The same by the newest block's timestamp and the time since it was seen; undefined before the first block. */
  readonly lastBlockAheadMs: number | undefined;
}

/** Looks without a block after which there is nothing to wait for: slots, and at least so many milliseconds. */
const idle = { slots: 10, leastMs: 30_000 };

/**
 * Follows a chain and tells its time, beside whatever else works on it: nothing is opened but the endpoint. Ends when it has
 * seen enough, when no block comes any more, or when `signal` aborts.
 * @throws what the first question to the endpoint throws; FinalBlocksLost
 */
export async function watchClock(parts: ClockWatchParts): Promise<ClockReport> {
  const { rpc, clock, monotonic, signal } = parts;
  const network = networkOf(Number(await rpc.request<string>("eth_chainId", [])));
  const blockClock = new BlockClock({ times: network.blockTimes, monotonic });
  await using sources = new TimeSources({
    ...{ sources: timeSourcesOf(parts.sources, clock, monotonic), clock, onTrouble: parts.onTrouble },
    hear(source, reading) {
      blockClock.hear(source, reading);
    },
  });
  sources.start();
  const heads = new Heads(rpc, [], { oneNode: !network.isPublic });
  const { slotMs, window } = network.blockTimes;
  let blocks = 0;
  let last: { readonly timestamp: number; readonly seenAtMs: number } | undefined;
  let formerAskedAtMs: number | undefined;
  let waitingSinceMs = monotonic();
  const enough = (): boolean =>
    parts.blocks === undefined ? blockClock.reading().withinBound || blocks >= window : blocks >= parts.blocks;
  while (!signal.aborted && !enough() && monotonic() - waitingSinceMs < Math.max(idle.leastMs, idle.slots * slotMs)) {
    try {
      const askedAtMs = monotonic();
      const { added, orphaned } = await heads.look();
      const answeredAtMs = monotonic();
      follow(blockClock, { added, orphaned, answeredAtMs, formerAskedAtMs });
      const newest = added.at(-1);
      if (newest) {
        last = { timestamp: newest.timestamp, seenAtMs: answeredAtMs };
        waitingSinceMs = answeredAtMs;
        blocks += formerAskedAtMs === undefined ? 0 : added.length;
        parts.onBlock(blocks, blockClock.reading());
      }
      formerAskedAtMs = askedAtMs;
    } catch (error) {
      if (!isRpcError(error)) throw error;
      parts.onTrouble(error); // doubt: the next look sees it whole
    }
    const pauseMs = parts.pollMs ?? blockClock.lookInMs(network.pollMs);
    if (!enough()) await clock.pause(pauseMs, signal);
  }
  const reading = blockClock.reading();
  const system = clock.now();
  return {
    ...reading,
    ...{ network: network.name, slotMs, blocks },
    aheadOfSystemMs: reading.nowMs === undefined ? undefined : reading.nowMs - system,
    lastBlockAheadMs: last && last.timestamp * 1_000 + monotonic() - last.seenAtMs - system,
  };
}
