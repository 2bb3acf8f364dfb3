/** A price as ProvenPrices has it. */
export interface StoredPrice {
  /** With 8 decimals; 0: none was posted yet. */
  readonly price: bigint;
  /** Unix seconds by the chain's time. */
  readonly timestamp: bigint;
}

/** How fresh a stored price is kept. */
export interface Freshness {
  /** A price that is this much away from the stored one is posted, in 1/10,000 of the stored one. */
  readonly deviationBps: number;
  /** A stored price older than this is posted anew, whatever it is. */
  readonly heartbeatSeconds: number;
}

/** Whether to post, and why. */
export interface Verdict {
  readonly because: "first" | "deviation" | "heartbeat" | "fresh";
  /** How far the agreed price is from the stored one, in percent of it, rounded down to a ten-thousandth; null without one. */
  readonly deviationPercent: number | null;
}

/**
 * Whether an agreed price is worth posting: where nothing is stored, where it deviates enough, where what is stored is too old.
 * Pure; integers alone decide.
 * @param at Unix seconds of the block that the agreed price would be bound to
 */
export function verdictOn({ price, timestamp }: StoredPrice, agreed: bigint, at: bigint, keep: Freshness): Verdict {
  if (price === 0n) return { because: "first", deviationPercent: null };
  const apart = agreed > price ? agreed - price : price - agreed;
  const deviationPercent = Number((apart * 1_000_000n) / price) / 10_000;
  const because = ((): Verdict["because"] => {
    if (at <= timestamp) return "fresh"; // the contract takes nothing that is not newer
    if (apart * 10_000n >= BigInt(keep.deviationBps) * price) return "deviation";
    return at - timestamp > BigInt(keep.heartbeatSeconds) ? "heartbeat" : "fresh";
  })();
  return { because, deviationPercent };
}
