/**
 * When a network makes its blocks and when an endpoint shows them: the clock's assumptions about a chain. They cannot be
 * learnt from blocks alone, since a block says when its slot began and never how long it took to come.
 */
export interface BlockTimes {
  /** Time between blocks, in milliseconds. */
  readonly slotMs: number;
  /** Blocks in the sliding window. */
  readonly window: number;
  /** Time from a block's timestamp until an endpoint has it, which one block in ten stays below; in milliseconds. */
  readonly delayMs: number;
  /** How far that may be off at some endpoint, in either direction; goes into the bound as it is. */
  readonly delayOffMs: number;
  /** Standard error of that p10 if it were measured by a single block; by n blocks it is sqrt(n) times smaller. */
  readonly noiseMs: number;
  /**
   * Whether the chain keeps the slots of real time: timestamps are multiples of the slot, and no block comes before its
   * timestamp. A node that is a chain of its own does not, and its time can be set.
   */
  readonly keepsSlots: boolean;
  /** When to look for a block, in milliseconds from the arrival that is expected of one block in ten; empty: by the poll alone. */
  readonly looksMs: readonly number[];
}
