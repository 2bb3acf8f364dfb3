import type { Clock } from "../../clock.ts";
import type { Quote } from "../quote.ts";

/** For so long a block is waited for; then the quotes are judged as they are. */
const mostWaitMs = 60_000;

export interface WaitOptions {
  readonly clock: Clock;
  readonly pollMs: number;
  readonly signal?: AbortSignal;
}

/**
 * The newest block, once it is not before any quote: what was signed since the last block would be from the future to it.
 * @throws the signal's reason, once it aborts; what `newest` throws
 */
export async function blockAfter<Block extends { readonly timestamp: bigint }>(
  quotes: readonly Pick<Quote, "timestamp">[],
  newest: () => Promise<Block>,
  { clock, pollMs, signal }: WaitOptions,
): Promise<Block> {
  const last = Math.max(0, ...quotes.map(({ timestamp }) => timestamp));
  const until = clock.now() + mostWaitMs;
  for (;;) {
    signal?.throwIfAborted();
    const block = await newest();
    if (block.timestamp >= BigInt(last) || clock.now() > until) return block;
    await clock.pause(pollMs, signal);
  }
}
