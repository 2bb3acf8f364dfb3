import type { LaneEvent } from "../chain/lane/lane-ledger.ts";
import type { StreamWrite } from "../store/event-store.ts";

/** What the lanes' ledgers say, in plain words. */
export interface LedgerListener {
  attempted(attempt: { readonly lane: string; readonly nonce: number; readonly hash: string; readonly orders: number }): void;
  replaced(attempt: { readonly lane: string; readonly nonce: number; readonly hash: string }): void;
  settled(settlement: {
    readonly lane: string;
    readonly nonce: number;
    readonly hash: string;
    readonly gasUsed: number;
    readonly orders: number | undefined;
    readonly succeeded: boolean;
  }): void;
  displaced(attempt: { readonly lane: string; readonly nonce: number; readonly hash: string }): void;
}

/** An attempt that is not settled, as far as it matters here. */
export interface KnownAttempt {
  readonly nonce: number;
  readonly hash: string;
  readonly orderIds: readonly string[];
}

/**
 * Reads what is appended to the lanes' streams. An attempt, its replacement and its end are events there and nowhere
 * else, so what is counted is what is on record, whoever wrote it.
 */
export class LedgerFollower {
  readonly #listener: LedgerListener;
  /** Orders by hash of the attempts of each open nonce, by lane and nonce: as many as are in flight. */
  readonly #open = new Map<string, Map<string, number>>();

  constructor(listener: LedgerListener) {
    this.#listener = listener;
  }

  /** What a former run left open, which no append tells any more. */
  remember(lane: string, attempts: Iterable<KnownAttempt>): void {
    for (const { nonce, hash, orderIds } of attempts) this.#attemptsOf(lane.toLowerCase(), nonce).set(hash, orderIds.length);
  }

  /** To be told after the writes are durable. */
  follow(writes: readonly StreamWrite[]): void {
    for (const { stream, events } of writes) {
      if (!stream.startsWith("lane/")) continue;
      const lane = stream.slice(stream.lastIndexOf("/") + 1);
      for (const event of events) this.#tell(lane, event as unknown as LaneEvent);
    }
  }

  #tell(lane: string, event: LaneEvent): void {
    if (event.kind === "attempted") {
      const { nonce, hash, orderIds } = event.data;
      const attempts = this.#attemptsOf(lane, nonce);
      const again = attempts.size > 0;
      attempts.set(hash, orderIds.length);
      this.#listener.attempted({ lane, nonce, hash, orders: orderIds.length });
      if (again) this.#listener.replaced({ lane, nonce, hash });
    } else if (event.kind === "settled") {
      const { nonce, hash, gasUsed, succeeded } = event.data;
      this.#listener.settled({ lane, nonce, hash, gasUsed, succeeded, orders: this.#attemptsOf(lane, nonce).get(hash) });
      this.#open.delete(keyOf(lane, nonce));
    } else if (event.kind === "displaced") {
      const { nonce, hash } = event.data;
      this.#listener.displaced({ lane, nonce, hash });
      this.#open.delete(keyOf(lane, nonce));
    }
  }

  #attemptsOf(lane: string, nonce: number): Map<string, number> {
    const key = keyOf(lane, nonce);
    const known = this.#open.get(key) ?? new Map<string, number>();
    this.#open.set(key, known);
    return known;
  }
}

const keyOf = (lane: string, nonce: number): string => `${lane}:${nonce}`;
