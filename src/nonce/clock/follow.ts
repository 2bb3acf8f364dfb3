import type { BlockClock } from "./block-clock.ts";

/** One successful look at the head of the chain. Times are monotonic milliseconds. */
export interface HeadLook {
  /** New canonical blocks, oldest first. */
  readonly added: readonly { readonly number: number; readonly hash: string; readonly timestamp: number }[];
  readonly orphaned: readonly { readonly hash: string }[];
  readonly answeredAtMs: number;
  /** When the look before this one was asked; undefined for the first one. */
  readonly formerAskedAtMs: number | undefined;
}

/**
 * Tells the clock of a look. Only a block that came alone between two looks was seen as it came: of several the older ones
 * were there for long, and those that replace others were made long ago and chosen now.
 */
export function follow(clock: BlockClock, { added, orphaned, answeredAtMs, formerAskedAtMs }: HeadLook): void {
  if (orphaned.length > 0) clock.orphaned(orphaned.map(({ hash }) => hash));
  const newest = added.at(-1);
  if (!newest) return;
  const { number, hash, timestamp } = newest;
  const sample = added.length === 1 && orphaned.length === 0 && formerAskedAtMs !== undefined;
  if (sample) clock.observe({ number, hash, timestamp, seenAtMs: answeredAtMs, notBeforeMs: formerAskedAtMs });
  else clock.pass({ timestamp, seenAtMs: answeredAtMs });
}
