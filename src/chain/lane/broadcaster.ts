import type { Clock } from "../../clock.ts";
import { type BroadcastOutcome, classifyBroadcastError } from "../rpc/broadcast-outcome.ts";
import type { Rpc, RpcOutcome } from "../rpc/rpc.ts";
import { RpcUnanswered } from "../rpc/rpc.ts";

/** Signed bytes that are durable and wait to be sent. */
export interface Outgoing {
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
}

/** What a node said of one transaction; `unanswered` where it said nothing. */
export interface BroadcastAnswer {
  readonly sent: Outgoing;
  readonly outcome: BroadcastOutcome;
  /** What was thrown; undefined where the node took the bytes at once. */
  readonly error: unknown;
}

export interface BroadcasterParts {
  readonly rpc: Rpc;
  readonly clock: Clock;
  /** Whether there is no need to send these bytes any more. */
  readonly isSettled: (sent: Outgoing) => boolean;
  /** Hears all answers of one request; returns when what follows from them is recorded. */
  readonly onAnswers: (answers: readonly BroadcastAnswer[]) => Promise<void>;
  /** Hears what stops the broadcaster: an answer that could not be recorded. */
  readonly onFatal: (error: unknown) => void;
}

const backoff = { firstMs: 10, factor: 2, mostMs: 5_000 };
/** Times that bytes are sent which a node refuses in words that say nothing of them, such as an internal error. */
const mostRefusals = 4;
/** Bounds of one HTTP request: nodes refuse bodies of megabytes. */
const most = { calls: 32, characters: 400_000 };

/**
 * Sends a lane's signed bytes, lowest nonce first, several in one request, until each is answered.
 *
 * Race: no answer came, or the connection was cut: the node may or may not have the bytes. Mitigation: the same bytes
 * again (law 2), after a pause that grows; nothing behind them is sent before, so that the node's pool has no gap.
 * What remains: a broadcast told twice, which nodes ignore.
 */
export class Broadcaster {
  readonly #parts: BroadcasterParts;
  readonly #stopped = new AbortController();
  /** Refusals that say nothing of the transaction, by hash. */
  readonly #refusals = new Map<string, number>();
  /** By hash, so that what waits to be sent is not put in twice. */
  readonly #waiting = new Map<string, Outgoing>();
  #isSending = false;
  /** Ends when nothing waits any more. */
  #sending: Promise<void> = Promise.resolve();

  constructor(parts: BroadcasterParts) {
    this.#parts = parts;
  }

  /** Whether these bytes wait to be sent. */
  has(hash: string): boolean {
    return this.#waiting.has(hash);
  }

  send(outgoing: Outgoing): void {
    this.#waiting.set(outgoing.hash, outgoing);
    if (!this.#isSending) this.#sending = this.#sendAll().catch(this.#parts.onFatal);
  }

  /** Stops sending. What is durable is sent by the next start. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#sending;
  }

  /** The mark is taken off in the same step that finds nothing left: what is handed over any later begins anew. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    try {
      let waitMs = backoff.firstMs;
      await Promise.resolve(); // what is handed over in one go is sent in one request
      for (let next = this.#next(); next.length > 0 && !this.#stopped.signal.aborted; next = this.#next()) {
        if (await this.#request(next)) {
          waitMs = backoff.firstMs;
          continue;
        }
        await this.#parts.clock.pause(waitMs, this.#stopped.signal);
        waitMs = Math.min(waitMs * backoff.factor, backoff.mostMs);
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** The lowest nonces that fit into one request. */
  #next(): Outgoing[] {
    const next: Outgoing[] = [];
    let characters = 0;
    for (const outgoing of [...this.#waiting.values()].sort((a, b) => a.nonce - b.nonce)) {
      if (this.#parts.isSettled(outgoing)) {
        this.#waiting.delete(outgoing.hash);
        this.#refusals.delete(outgoing.hash);
        continue;
      }
      characters += outgoing.raw.length;
      if (next.length > 0 && (next.length === most.calls || characters > most.characters)) break;
      next.push(outgoing);
    }
    return next;
  }

  /** Returns whether everything was answered. */
  async #request(next: readonly Outgoing[]): Promise<boolean> {
    const outcomes = await this.#parts.rpc.each<string>(next.map(({ raw }) => ({ method: "eth_sendRawTransaction", params: [raw] })));
    const answers = next.map((sent, i): BroadcastAnswer => answerOf(sent, outcomes[i]));
    // Bytes that a node will not take as they are, e.g. for want of funds, are tried again too: nothing else may have their nonce.
    const done = answers.filter((answer) => !this.#isToBeRepeated(answer));
    for (const { sent } of done) {
      this.#waiting.delete(sent.hash);
      this.#refusals.delete(sent.hash);
    }
    await this.#parts.onAnswers(answers);
    return done.length === next.length;
  }

  #isToBeRepeated({ sent: { hash }, outcome, error }: BroadcastAnswer): boolean {
    if (outcome.kind === "never-sent" || error instanceof RpcUnanswered) return true;
    if (outcome.kind === "accepted" || outcome.hint !== undefined) return false;
    const refusals = (this.#refusals.get(hash) ?? 0) + 1;
    this.#refusals.set(hash, refusals);
    return refusals < mostRefusals;
  }
}

function answerOf(sent: Outgoing, outcome: RpcOutcome<string> | undefined): BroadcastAnswer {
  if (outcome?.ok === true) return { sent, outcome: { kind: "accepted" }, error: undefined };
  const error = outcome?.error;
  return { sent, outcome: classifyBroadcastError(error), error };
}
