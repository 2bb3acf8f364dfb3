import { randomInt } from "node:crypto";
import { systemClock } from "../../src/clock.ts";
import type { Run } from "./service.ts";

/** Another number gives other moments; the printed one gives the same again: E2E_SEED=… hardhat test mocha test/e2e/*.test.ts */
export const seed = Number(process.env["E2E_SEED"] ?? randomInt(2 ** 31));

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
export function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A moment in a run: so long after it first said this. */
export interface Moment {
  readonly after: RegExp;
  readonly ms: number;
}

const stages = {
  "while it deploys": { after: /local chain at/, within: 1_000 },
  "while it mints": { after: /contracts (?:deployed|are)/, within: 1_200 },
  "while it waits for final": { after: /minted [1-9]/, within: 1_500 },
} as const;
export type Stage = keyof typeof stages;

export function momentIn(stage: Stage, random: () => number): Moment {
  return { after: stages[stage].after, ms: Math.floor(random() * stages[stage].within) };
}

/** Resolves at that moment, or when the run ends before it. Returns whether it still runs. */
export async function reached(run: Run, { after, ms }: Moment): Promise<boolean> {
  if (!(await run.said(after))) return false;
  const over = new AbortController();
  void run.ended.then(() => {
    over.abort();
  });
  await systemClock.pause(ms, over.signal);
  return !run.isOver;
}
