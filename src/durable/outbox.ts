import { type BroadcastAnswer, Broadcaster } from "../chain/lane/broadcaster.ts";
import { latestOf, type OpenNonce } from "../chain/lane/lane-ledger.ts";
import type { Rpc } from "../chain/rpc/rpc.ts";
import type { Clock } from "../clock.ts";
import type { DurableNotice } from "./notices.ts";
import type { LaneRecord } from "./record.ts";

export interface OutboxParts {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly record: LaneRecord;
  readonly notify: (notice: DurableNotice) => void;
  /** The node said for the third time that it will never take these bytes. Returns whether a no-op stands in their place now. */
  readonly onRefused: (hash: string) => Promise<boolean>;
  readonly onFatal: (error: unknown) => void;
}

/** What a caller hears of its bytes: they are with the node or on their way, or they were refused and are never mined. */
export type FirstAnswer = { readonly kind: "on its way" } | { readonly kind: "refused"; readonly reason: string };

/** Times that a node says of the same bytes that it will never take them, before it is believed. */
const believed = 3;

/** Sends what is durable, and only that, until the node has it or says that it never will. */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #broadcaster: Broadcaster;
  readonly #asked = new Map<string, PromiseWithResolvers<FirstAnswer>>();
  readonly #refusals = new Map<string, number>();
  /** What a no-op is to take the place of, with the node's words, until the nonce is final. */
  readonly #refused = new Map<string, string>();
  #isOver = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#broadcaster = new Broadcaster({
      rpc: parts.rpc,
      clock: parts.clock,
      // Of several attempts of a nonce only the newest is sent again: the others are in some pool or were outbid.
      isSettled: ({ nonce, hash }) => !this.isWanted(nonce, hash),
      onAnswers: async (answers) => {
        for (const answer of answers) await this.#hear(answer);
      },
      onFatal: parts.onFatal,
    });
  }

  isSending(hash: string): boolean {
    return this.#broadcaster.has(hash);
  }

  /** Whether these bytes are what the nonce is to have now. */
  isWanted(nonce: number, hash: string): boolean {
    const open = this.#parts.record.openAt(nonce);
    return open !== undefined && this.#parts.record.minedAt(nonce) === undefined && latestOf(open).hash === hash;
  }

  /** Hands over recorded bytes. What the node says first is in `answerOf`. */
  send(nonce: number, hash: string, raw: string): void {
    this.#broadcaster.send({ nonce, hash, raw });
  }

  /**
   * The node's first answer to bytes that are being sent; at once where they are not. Doubt is "on its way": they are sent
   * again. One node's refusal is doubt as well, until the no-op in their place is final: another node may have them.
   */
  async answerOf(nonce: number, hash: string): Promise<FirstAnswer> {
    const isSent = this.#broadcaster.has(hash) && this.isWanted(nonce, hash);
    if (this.#isOver || !(isSent || this.#refused.has(hash))) return { kind: "on its way" };
    let asked = this.#asked.get(hash);
    if (!asked) this.#asked.set(hash, (asked = Promise.withResolvers<FirstAnswer>()));
    return asked.promise;
  }

  /** The latest bytes of the nonce once more, unchanged. */
  async sendAgain(nonce: number): Promise<void> {
    const { record, notify } = this.#parts;
    const open = record.openAt(nonce);
    if (!open || record.minedAt(nonce)) return;
    const latest = latestOf(open);
    if (this.isSending(latest.hash)) return;
    this.send(nonce, latest.hash, await record.bytesOf(latest));
    notify({ kind: "sent again", nonce, hash: latest.hash });
  }

  /** What is replaced is not sent any more: whoever waits for an answer has it, unless the node refused it. */
  release(nonce: number): void {
    for (const { hash } of this.#parts.record.openAt(nonce)?.attempts ?? []) {
      if (!this.#refused.has(hash)) this.#answer(hash, { kind: "on its way" });
    }
  }

  /** A block has the nonce's work after all, or it is sent under another nonce: whoever waits for an answer has it. */
  relieve(open: OpenNonce): void {
    this.#end(open, () => ({ kind: "on its way" }));
  }

  /** The nonce is used up for good, and not by its work: what was refused is never mined. */
  giveUp(open: OpenNonce): void {
    this.#end(open, (reason) => (reason === undefined ? { kind: "on its way" } : { kind: "refused", reason }));
  }

  async close(): Promise<void> {
    await this.#broadcaster.close();
    this.abandon();
  }

  /** Nothing more is heard of any bytes: whoever waits for an answer has it, and the next start sends them. */
  abandon(): void {
    this.#isOver = true;
    this.#refused.clear();
    for (const hash of this.#asked.keys()) this.#answer(hash, { kind: "on its way" });
  }

  async #hear({ sent: { nonce, hash }, outcome, error }: BroadcastAnswer): Promise<void> {
    const { notify, onRefused } = this.#parts;
    if (outcome.kind === "doubt") notify({ kind: "doubt", nonce, hash, error });
    if (outcome.kind !== "never-sent") {
      this.#refusals.delete(hash);
      this.#answer(hash, { kind: "on its way" });
      return;
    }
    if (outcome.cause === "funds") {
      notify({ kind: "without funds", nonce, hash, error });
      this.#answer(hash, { kind: "on its way" });
      return;
    }
    const refusals = (this.#refusals.get(hash) ?? 0) + 1;
    this.#refusals.set(hash, refusals);
    if (refusals < believed) return;
    this.#refusals.delete(hash);
    this.#refused.set(hash, outcome.reason);
    notify({ kind: "refused", nonce, hash, reason: outcome.reason });
    if (await onRefused(hash)) return;
    this.#refused.delete(hash);
    this.#answer(hash, { kind: "on its way" });
  }

  #end({ attempts }: OpenNonce, answerTo: (reason: string | undefined) => FirstAnswer): void {
    for (const { hash } of attempts) {
      const answer = answerTo(this.#refused.get(hash));
      this.#refused.delete(hash);
      this.#refusals.delete(hash);
      this.#answer(hash, answer);
    }
  }

  #answer(hash: string, answer: FirstAnswer): void {
    this.#asked.get(hash)?.resolve(answer);
    this.#asked.delete(hash);
  }
}
