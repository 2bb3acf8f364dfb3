import pLimit from "p-limit";
import { systemClock } from "../../src/clock.ts";
import type { Job, Line } from "./protocol.ts";

/** Between an error and the next try of the same mint. */
const retryAfterMs = 100;

/**
 * What a team writes around its library: so many calls at a time, and where it retries, a call that ended in an error is made
 * anew for the same mint. First the warm-up, then what counts.
 * @param mint sends one mint and resolves when its receipt is there
 */
export async function callForEach(job: Job, { tell, warm }: Line, mint: (mint: number) => Promise<void>): Promise<void> {
  const limit = pLimit(job.inFlight);
  const one = async (number: number): Promise<void> => {
    tell({ kind: "accepted", mints: [number], at: Date.now() });
    for (let left = job.contender.retries; ; left--) {
      try {
        await mint(number);
        tell({ kind: "acknowledged", mint: number, at: Date.now() });
        tell({ kind: "confirmed", mint: number });
        return;
      } catch (error) {
        if (left === 0) {
          tell({ kind: "failed", mint: number, error: shortOf(error) });
          return;
        }
        await systemClock.pause(retryAfterMs);
      }
    }
  };
  await Promise.all(job.warmUp.map((number) => limit(one, number)));
  await warm();
  await Promise.all(job.mints.map((number) => limit(one, number)));
}

/** The kind of error, without what differs from one to the next. */
export function shortOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const named = error as Error & { code?: unknown; shortMessage?: unknown };
  return [named.code ?? named.name, named.shortMessage ?? named.message].map(String).join(": ").split("\n")[0]?.slice(0, 120) ?? "";
}
