import type { Clock } from "../../clock.ts";
import { FeedTimedOut } from "./errors.ts";

export interface Deadline {
  /** Of the feed, for the error. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** The caller's; its abort ends the work with its reason. */
  readonly signal: AbortSignal;
}

/**
 * What `work` gives, if it does in time. Work that does not heed its signal is left behind: nobody waits for it, and what it
 * comes to is not looked at.
 * @throws FeedTimedOut; the signal's reason; what `work` throws
 */
export async function inTime<T>({ name, timeoutMs, clock, signal }: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const over = new AbortController();
  const ends = AbortSignal.any([signal, over.signal]);
  const expire = async (): Promise<never> => {
    await clock.pause(timeoutMs, ends);
    signal.throwIfAborted();
    throw new FeedTimedOut(name, timeoutMs);
  };
  try {
    return await Promise.race([Promise.resolve().then(() => work(ends)), expire()]);
  } finally {
    over.abort();
  }
}
