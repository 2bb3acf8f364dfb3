import type { Random } from "../random.ts";

/** What an endpoint does wrong. Probabilities are in [0, 1] and hold for each call. */
export interface Faults {
  /** A call is refused and not forwarded: an error in the words of some client, HTTP 429 or 503, or a reset connection. */
  readonly reject: number;
  /** A request is forwarded and done, and the connection is cut before the answer. */
  readonly loseResponse: number;
  /** eth_sendRawTransaction is accepted and answered, and the node's pool loses the transaction and, as pools do, those behind it. */
  readonly drop: number;
  /** A call is forwarded twice; the answer is the first or the second one. */
  readonly duplicate: number;
  /** Nonce, block number, latest block or receipt are answered as they were some answers ago. */
  readonly stale: number;
  /** The endpoint answers as if its head were so many blocks lower. */
  readonly lagBlocks: number;
  /** Connections are cut as soon as they are there. */
  readonly down: boolean;
  /** Shortest and longest time that a request is held up, in milliseconds. */
  readonly latencyMs: readonly [min: number, max: number];
}

export const noFaults: Faults = {
  reject: 0,
  loseResponse: 0,
  drop: 0,
  duplicate: 0,
  stale: 0,
  lagBlocks: 0,
  down: false,
  latencyMs: [0, 0],
};

export type FaultKind = "reject" | "loseResponse" | "drop" | "duplicate" | "stale" | "lag" | "down";

/** How the connection itself misbehaves; concerns a request with all its calls. */
export interface TransportDecision {
  readonly latencyMs: number;
  readonly refusal: "reset" | "429" | "503" | undefined;
  readonly loseResponse: boolean;
}

/** What happens to one call. */
export interface CallDecision {
  /** Which of the refusals, in [0, 1). */
  readonly refusal: number | undefined;
  readonly drop: boolean;
  /** Forwarded twice, and whose answer counts. */
  readonly duplicate: "first" | "second" | undefined;
  /** How many answers ago, from 1. */
  readonly stale: number | undefined;
}

/** How far back a stale answer may be. */
export const stalest = 8;

/**
 * Half of the refusals are made by the connection and half by the node's words, so that a call of a request with many
 * is refused as often as a call that comes alone: p = t + (1 - t) n with t = p / 2.
 */
const byTransport = (reject: number): number => reject / 2;
const byWords = (reject: number): number => reject / 2 / (1 - reject / 2);

/** Draws always the same number of times, so that a change of one fault leaves the others where they were. */
export function decideTransport(random: Random, faults: Faults): TransportDecision {
  const latencyMs = random.int(...faults.latencyMs);
  const refused = random.chance(byTransport(faults.reject));
  const kind = random.pick(["reset", "429", "503"] as const);
  return { latencyMs, refusal: refused ? kind : undefined, loseResponse: random.chance(faults.loseResponse) };
}

/** As `decideTransport`, for one call. */
export function decideCall(random: Random, faults: Faults): CallDecision {
  const refused = random.chance(byWords(faults.reject));
  const refusal = random.next();
  const drop = random.chance(faults.drop);
  const duplicate = random.chance(faults.duplicate);
  const answer = random.pick(["first", "second"] as const);
  const stale = random.chance(faults.stale);
  const age = random.int(1, stalest);
  return { refusal: refused ? refusal : undefined, drop, duplicate: duplicate ? answer : undefined, stale: stale ? age : undefined };
}
