/** Bounds of a shard's leases. */
export interface BlockLimits {
  /** Words of a shard's first lease. */
  readonly least: number;
  readonly most: number;
  /** How long a block is to last. Longer: fewer fsyncs. Shorter: fewer numbers skipped by a crash. */
  readonly targetMs: number;
}

export const blockLimits: BlockLimits = { least: 1, most: 16_384, targetMs: 1_000 };

/** Most that a block grows or shrinks by from one lease to the next: one pause or one burst says little of the rate. */
const growth = 8;
const shrinkage = 4;

/**
 * Words of a shard's next lease, so that a block lasts about as long as wished at the rate of late.
 * @param words of the lease before
 * @param lastedMs from the lease before until now
 * @returns a whole number, within the limits
 */
export function nextWords(words: number, lastedMs: number, { least, most, targetMs }: BlockLimits): number {
  const wished = lastedMs > 0 ? (words * targetMs) / lastedMs : Infinity;
  const step = Math.min(Math.max(wished, words / shrinkage), words * growth);
  return Math.min(Math.max(Math.round(step), least), most);
}
