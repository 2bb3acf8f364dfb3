/** The contract's CircuitStatus. */
export const status = { unknown: 0n, pending: 1n, active: 2n } as const;

/** A circuit's life only moves on: it is deprecated or frozen, and nothing is to be built on it. */
export const isRetired = (held: bigint): boolean => held > status.active;
