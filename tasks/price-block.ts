import { type Block, newestBlock } from "../src/cast/index.ts";
import type { Rpc } from "../src/chain/index.ts";
import type { Clock } from "../src/clock.ts";
import { isSignedBy, type Quote, type SourceKey } from "../src/price/index.ts";
import { aheadSeconds } from "../src/price/feeds/index.ts";

/** For so long a block is waited for that is not before the newest quote; then the quotes are judged as they are. */
const mostWaitMs = 60_000;

export interface Waiting {
  readonly clock: Clock;
  /** How often the chain is asked, in ms. */
  readonly pollMs: number;
}

/**
 * The newest block, once it is not before any quote that may count: what was signed since the last block would be from the
 * future to it. A quote that no source of the set signed, or that is dated further ahead than clocks may be apart, is not
 * waited for: the others would get too old, and a wrong source must cost its own quote alone.
 * @throws RpcUnanswered, RpcRefused
 */
export async function blockAfter(
  rpc: Rpc,
  quotes: readonly Quote[],
  { assetId, sources }: { readonly assetId: bigint; readonly sources: readonly SourceKey[] },
  { clock, pollMs }: Waiting,
): Promise<Block> {
  const began = clock.now();
  let block = await newestBlock(rpc);
  const latest = Math.max(Number(block.timestamp), Math.floor(began / 1_000)) + aheadSeconds;
  const times = quotes.filter(({ timestamp }) => timestamp > Number(block.timestamp) && timestamp <= latest);
  const newest = Math.max(0, ...times.filter((quote) => isSignedBy(sources, assetId, quote)).map(({ timestamp }) => timestamp));
  while (block.timestamp < BigInt(newest) && clock.now() <= began + mostWaitMs) {
    await clock.pause(pollMs);
    block = await newestBlock(rpc);
  }
  return block;
}
