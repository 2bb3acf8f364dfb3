import type { BlockTimes } from "./block-times.ts";

/** Slots without a block after which one looks as steadily as before anything was known. */
const patienceSlots = 2;

/** The golden ratio's fraction: its multiples spread evenly over (0, 1), so looks never lock to the same moment of a slot. */
const golden = 0.618_033_988_75;

export interface LookFor {
  /** The pause of a steady poll. */
  readonly pollMs: number;
  readonly nowMs: number;
  /** When the newest known block came, or would have if it were one of the first ten of a hundred. */
  readonly expectedMs: number;
}

/** Milliseconds until the next look for a block that comes a slot after the one that was expected at `expectedMs`. */
export function nextLookMs({ looksMs, slotMs }: Pick<BlockTimes, "looksMs" | "slotMs">, { pollMs, nowMs, expectedMs }: LookFor): number {
  const [first] = looksMs;
  if (first === undefined) return pollMs;
  const passed = Math.max(0, Math.floor((nowMs - expectedMs - first) / slotMs) - 1); // slots that ended without a block
  if (passed >= patienceSlots) return pollMs;
  for (let slot = passed; slot <= passed + 1; slot++) {
    const base = expectedMs + (slot + 1) * slotMs;
    const index = Math.round(base / slotMs);
    const dither = (((index * golden) % 1) - 0.5) * dithers(looksMs);
    const next = looksMs.map((ms) => base + ms + dither).find((at) => at > nowMs + 1);
    if (next !== undefined) return next - nowMs;
  }
  return pollMs;
}

/** How far looks are shifted from slot to slot: as far as the closest two of them are apart. */
const dithers = (looksMs: readonly number[]): number => Math.min(...looksMs.slice(1).map((ms, i) => ms - (looksMs[i] ?? ms)));
