import type { Clock } from "../clock.ts";

export type Ending = { readonly ok: true } | { readonly ok: false; readonly error: unknown };

export interface AttemptLimits {
  readonly timeoutMs: number;
  /** How long the work may take to end after its signal aborted. */
  readonly graceMs: number;
  readonly clock: Clock;
}

/**
 * Does the work once, within its time. When the time is up its signal aborts with `timedOut`; work that heeds it ends soon,
 * and only then is this over, so that the next attempt never runs beside it.
 *
 * Race: work that does not heed its signal goes on while its task is tried again.
 * Mitigation: `stray` is that work; whoever called must count it, and its claim is void by then.
 * What remains: its effects outside, which its handler must bear.
 */
export async function attempt(
  work: (signal: AbortSignal) => Promise<unknown>,
  timedOut: Error,
  { timeoutMs, graceMs, clock }: AttemptLimits,
): Promise<{ readonly ending: Ending; readonly stray?: Promise<Ending> }> {
  const stop = new AbortController();
  const ended = endingOf(() => work(stop.signal));
  const inTime = await within(ended, timeoutMs, clock);
  if (inTime !== undefined) return { ending: inTime };
  stop.abort(timedOut);
  const inGrace = await within(ended, graceMs, clock);
  // Done after all is done; that it was slow is no reason to do it again.
  if (inGrace?.ok === true) return { ending: inGrace };
  const ending: Ending = { ok: false, error: timedOut };
  return inGrace === undefined ? { ending, stray: ended } : { ending };
}

/** Never rejects, also where `work` throws before its first await. */
async function endingOf(work: () => Promise<unknown>): Promise<Ending> {
  try {
    await work();
    return { ok: true };
  } catch (error) {
    return { ok: false, error };
  }
}

/** What `promise` gives within `ms`, otherwise undefined. */
async function within<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([promise, clock.pause(ms, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
