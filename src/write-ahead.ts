/**
 * The places on an order's road where a process may die with something done and something not. Each is reached once for
 * every piece of work; a test that kills the process there proves that the next start goes on rightly.
 */
export const writeAheadPoints = [
  /** Requests came in, nothing is written. */
  "request:received",
  /** The requests are durable, the caller was not told. */
  "request:accepted",
  /** Vouchers and transaction are signed, in memory alone. */
  "attempt:signed",
  /** The attempt is durable together with its orders' assignment, nothing was sent. */
  "attempt:recorded",
  /** The node answered a broadcast, the answer is not recorded. */
  "attempt:sent",
  /** The broadcast is recorded. */
  "broadcast:recorded",
  /** A replacement is signed, in memory alone. */
  "replacement:signed",
  /** The replacement is durable, nothing of it was sent. */
  "replacement:recorded",
  /** Mints were read from a canonical block, nothing is written. */
  "inclusion:seen",
  /** The inclusion is recorded, the checkpoint still stands before it. */
  "inclusion:recorded",
  /** A reorg was seen, its orders were not taken back yet. */
  "reorg:seen",
  /** The newest known blocks are saved. */
  "checkpoint:saved",
  /** A level was recorded. */
  "level:recorded",
  /** A receipt is final, the attempt is not closed. */
  "settlement:seen",
  /** The attempt is closed and its orders know. */
  "settlement:recorded",
] as const;

export type WriteAheadPoint = (typeof writeAheadPoints)[number];

/** Called as a point is reached; returns where the process is to live. */
export type Reach = (point: WriteAheadPoint) => void;
