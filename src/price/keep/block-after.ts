import type { Clock } from "../../clock.ts";
import { isSignedBy } from "../aggregate.ts";
import type { SourceKey } from "../eddsa.ts";
import { aheadSeconds } from "../feeds/index.ts";
import type { Quote } from "../quote.ts";

/** For so long a block is waited for; then the quotes are judged as they are. */
const mostWaitMs = 60_000;

export interface WaitOptions {
  readonly clock: Clock;
  readonly pollMs: number;
  readonly signal?: AbortSignal;
}

/**
 * The newest block, once it is not before any quote that may count: what was signed since the last block would be from the
 * future to it. A quote that no source of the set signed, or that is dated further ahead than clocks may be apart, is not
 * waited for: the others would get too old, and a wrong source must cost its own quote alone.
 * @throws the signal's reason, once it aborts; what `newest` throws
 */
export async function blockAfter<Block extends { readonly timestamp: bigint }>(
  quotes: readonly Quote[],
  newest: () => Promise<Block>,
  { assetId, sources }: { readonly assetId: bigint; readonly sources: readonly SourceKey[] },
  { clock, pollMs, signal }: WaitOptions,
): Promise<Block> {
  signal?.throwIfAborted();
  const began = clock.now();
  let block = await newest();
  const latest = Math.max(Number(block.timestamp), Math.floor(began / 1_000)) + aheadSeconds;
  const times = quotes.filter(({ timestamp }) => timestamp > Number(block.timestamp) && timestamp <= latest);
  const last = Math.max(0, ...times.filter((quote) => isSignedBy(sources, assetId, quote)).map(({ timestamp }) => timestamp));
  while (block.timestamp < BigInt(last) && clock.now() <= began + mostWaitMs) {
    await clock.pause(pollMs, signal);
    signal?.throwIfAborted();
    block = await newest();
  }
  return block;
}
