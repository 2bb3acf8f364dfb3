import type { Clock } from "../../clock.ts";
import type { OrderBook, Told } from "../../order/index.ts";
import type { EventStore } from "../../store/index.ts";
import type { DigestSigner } from "../../voucher/index.ts";
import type { Reach } from "../../write-ahead.ts";
import { InsufficientFunds, TransactionRefused } from "../errors.ts";
import type { Fees } from "../fees/fees.ts";
import { type Rpc, RpcUnanswered } from "../rpc/rpc.ts";
import type { AccountNonces } from "./account-nonces.ts";
import { type AttemptContent, AttemptSigner } from "./attempts.ts";
import { type BroadcastAnswer, Broadcaster } from "./broadcaster.ts";
import { type Attempt, type Duty, latestOf, type LaneState, type OpenAttempt, type OpenNonce } from "./lane-ledger.ts";
import { LaneRecord } from "./lane-record.ts";
import { NonceEnds } from "./nonce-ends.ts";
import type { LaneNotice } from "./notices.ts";
import type { SkipMeaning } from "./settlement.ts";
import { InFlightWindow } from "./window.ts";

export interface LaneParts {
  readonly store: EventStore;
  readonly book: OrderBook;
  readonly rpc: Rpc;
  readonly nonces: AccountNonces;
  readonly signer: DigestSigner;
  readonly chainId: number;
  readonly network: string;
  /** Transactions in flight at the best of times. */
  readonly mostInFlight: number;
  /** Transactions in flight before anything is known of the node. */
  readonly firstInFlight: number;
  readonly clock: Clock;
  /** Hears what happens besides the orders' events; the lane goes on. */
  readonly notify: (notice: LaneNotice) => void;
  /** Hears what stops the lane: its record cannot be written, or a node will never take what it sends. */
  readonly onFatal: (error: unknown) => void;
  readonly reach: Reach;
  /** What it means that the minter skipped an order as refused; by default `final`. */
  readonly refusal?: SkipMeaning;
}

/** One transaction's worth of work. */
export interface LaneWork extends AttemptContent {
  /** What the orders are told before they are assigned, e.g. their vouchers; durable together with the attempt. */
  readonly before: readonly Told[];
}

/**
 * One relayer account with its strictly sequential nonce.
 *
 * Race: the process may die between any two steps. Mitigation: an attempt's bytes are durable, together with its orders'
 * assignment, before they are sent (law 2), and the nonce is the one recorded there (law 3); after a start every attempt
 * that the chain does not know is sent again, the same bytes. What remains: a broadcast told twice, which nodes ignore.
 *
 * Race: a replacement and what it replaces are both out there. Mitigation: they have one nonce, so the chain takes one;
 * all hashes are watched until one is final. What remains: nothing.
 */
export class Lane {
  readonly window: InFlightWindow;
  /** How its nonces end. */
  readonly ends: NonceEnds;
  readonly #parts: LaneParts;
  readonly #attempts: AttemptSigner;
  readonly #broadcaster: Broadcaster;
  readonly #record: LaneRecord;
  #head = 0;

  private constructor(parts: LaneParts, record: LaneRecord) {
    this.#parts = parts;
    this.#record = record;
    this.#attempts = new AttemptSigner(parts.chainId, parts.signer);
    this.window = new InFlightWindow(parts.mostInFlight, parts.firstInFlight);
    this.ends = new NonceEnds({ ...parts, record });
    this.#broadcaster = new Broadcaster({
      rpc: parts.rpc,
      clock: parts.clock,
      isSettled: ({ nonce, hash }) => record.minedAt(nonce) !== undefined || !record.attemptOf(hash),
      onAnswers: (answers) => this.#answered(answers),
      onFatal: parts.onFatal,
    });
  }

  /** Reads the lane's ledger: its snapshot, and what was appended since. */
  static async open(parts: LaneParts): Promise<Lane> {
    const { store, book, chainId, signer } = parts;
    return new Lane(parts, await LaneRecord.open({ store, chainId, address: signer.address }, book));
  }

  get address(): string {
    return this.#parts.signer.address;
  }

  get state(): LaneState {
    return this.#record.state;
  }

  /** Nonces that are not known to be mined. */
  get inFlight(): number {
    return this.#record.unminedCount;
  }

  /** How many more transactions the lane may send now. */
  get room(): number {
    return this.#record.state.duty === "open" ? Math.max(0, this.window.limit - this.inFlight) : 0;
  }

  /** Open nonces that are not known to be mined, lowest first. */
  unmined(): OpenNonce[] {
    return this.#record.unmined();
  }

  attemptOf(txHash: string): OpenAttempt | undefined {
    return this.#record.attemptOf(txHash);
  }

  /** Whether a node said that this attempt pays too little to be kept. */
  isUnderpriced(hash: string): boolean {
    return this.#record.isUnderpriced(hash);
  }

  /** Tells the lane how high the chain is. */
  sawHead(head: number): void {
    this.#head = head;
  }

  /** Whether these bytes wait for a node's answer. */
  isSending(hash: string): boolean {
    return this.#broadcaster.has(hash);
  }

  /**
   * Signs and makes durable, all in one append; resolves then. The broadcast follows by itself, in the order of the nonces.
   * @param gap a nonce below the next one that nothing stands for; the first work gets it
   * @throws IllegalTransition, VersionConflict and what the store throws; nothing is sent then
   */
  submit(works: readonly LaneWork[], gap?: number): Promise<void> {
    return this.#record.inTurn(async () => {
      const next = this.nextNonce - (gap === undefined ? 0 : 1);
      const attempts: Attempt[] = [];
      for (const [i, work] of works.entries()) {
        const nonce = gap !== undefined && i === 0 ? gap : next + i;
        attempts.push(await this.#attempts.first(nonce, work));
      }
      this.#parts.reach("attempt:signed");
      const told = works.flatMap(({ before, orderIds }, i): Told[] => {
        const { nonce = 0, hash = "" } = attempts[i] ?? {};
        const carrier = { lane: this.address, nonce, hash };
        return [...before, ...orderIds.map((orderId): Told => ({ orderId, command: { kind: "assign", carrier } }))];
      });
      await this.#record.append(
        attempts.map((data) => ({ kind: "attempted", data })),
        told,
      );
      this.#parts.reach("attempt:recorded");
      for (const { nonce, hash, raw } of attempts) this.#send({ nonce, hash, raw });
    });
  }

  /**
   * A further attempt of the nonce: the same work at other fees. Durable before it is sent; the former ones stay watched.
   * @param fees higher in both fields, see replacementFees
   */
  replace(nonce: number, fees: Fees): Promise<void> {
    return this.#further(nonce, async (former) => this.#attempts.replacement(former, await this.#record.bytesOf(former), fees));
  }

  /**
   * A further attempt of the nonce that does nothing. Its orders wait until one of the two is final: the no-op takes
   * nothing back by itself.
   */
  cancel(nonce: number, fees: Fees): Promise<void> {
    return this.#further(nonce, () => this.#attempts.noOp(nonce, fees));
  }

  /** Uses up a nonce that nothing stands for, so that those above it can be mined. */
  fillWithNoOp(gap: number, fees: Fees): Promise<void> {
    return this.#record.inTurn(async () => {
      if (this.#record.openAt(gap)) return;
      const attempt = await this.#attempts.noOp(gap, fees);
      await this.#record.append([{ kind: "attempted", data: attempt }]);
      this.#send(attempt);
    });
  }

  /** The chain has this attempt in a canonical block. */
  mined(txHash: string, block: number, blockHash: string): void {
    const attempt = this.#record.attemptOf(txHash);
    if (!attempt) return;
    if (!this.#record.minedAt(attempt.nonce)) this.window.grow();
    this.#record.markMined(attempt.nonce, { block, blockHash });
  }

  /** A block was reorganised away: its transactions are in nobody's pool now, so the same bytes go out again. */
  async orphaned(blockHash: string): Promise<void> {
    for (const nonce of this.#record.orphan(blockHash)) await this.sendAgain(nonce);
  }

  /** Goes on behind transactions of this account that are not in the ledger. */
  openAt(nonce: number): Promise<void> {
    return this.#record.inTurn(async () => {
      if (this.#record.state.nextNonce !== undefined && nonce <= this.#record.state.nextNonce) return;
      await this.#record.append([{ kind: "opened", data: { nonce } }]);
    });
  }

  setDuty(duty: Duty): Promise<void> {
    return this.#record.inTurn(async () => {
      if (this.#record.state.duty !== duty) await this.#record.append([{ kind: "duty", data: { duty } }]);
    });
  }

  /** Sends what a former run left behind: every attempt the chain does not have, oldest nonce first, the same bytes. */
  async resume(): Promise<void> {
    for (const { nonce } of this.unmined()) await this.sendAgain(nonce);
  }

  /** The bytes of the nonce's latest attempt once more, unchanged. */
  async sendAgain(nonce: number): Promise<void> {
    const open = this.#record.openAt(nonce);
    if (!open || this.#broadcaster.has(latestOf(open).hash)) return;
    const { hash } = latestOf(open);
    this.#send({ nonce, hash, raw: await this.#record.bytesOf(latestOf(open)) });
    this.#parts.notify({ kind: "sent again", lane: this.address, nonce, hash });
  }

  /** Stops sending. What is durable stays durable and is sent by the next start. */
  async close(): Promise<void> {
    await this.#broadcaster.close();
    await this.#record.inTurn(() => undefined);
    await this.#record.saveSnapshot(true);
  }

  get nextNonce(): number {
    return this.#record.nextNonce;
  }

  #further(nonce: number, sign: (former: OpenAttempt) => Promise<Attempt>): Promise<void> {
    return this.#record.inTurn(async () => {
      const open = this.#record.openAt(nonce);
      if (!open || this.#record.minedAt(nonce)) return; // mined meanwhile
      const attempt = await sign(latestOf(open));
      this.#parts.reach("replacement:signed");
      await this.#record.append([{ kind: "attempted", data: attempt }]);
      this.#parts.reach("replacement:recorded");
      this.#send(attempt);
      this.#parts.notify({ kind: attempt.orderIds.length > 0 ? "replaced" : "cancelled", lane: this.address, nonce, hash: attempt.hash });
    });
  }

  #send({ nonce, hash, raw }: { readonly nonce: number; readonly hash: string; readonly raw: string }): void {
    this.#broadcaster.send({ nonce, hash, raw });
  }

  async #answered(answers: readonly BroadcastAnswer[]): Promise<void> {
    const accepted = answers.filter(({ outcome }) => outcome.kind === "accepted");
    for (const answer of answers) this.#hear(answer);
    if (accepted.length === 0) return;
    this.#parts.reach("attempt:sent");
    const told = accepted.flatMap(({ sent: { nonce, hash } }): Told[] => {
      const carrier = { lane: this.address, nonce, hash };
      // Of the attempt's own orders: a no-op of their nonce is on its way without them.
      return (this.#record.attemptOf(hash)?.orderIds ?? []).map((orderId) => ({ orderId, command: { kind: "broadcast", carrier } }));
    });
    await this.#parts.book.execute(told);
    this.#parts.reach("broadcast:recorded");
  }

  #hear({ sent: { nonce, hash }, outcome, error }: BroadcastAnswer): void {
    const { notify, network, onFatal } = this.#parts;
    const lane = this.address;
    if (outcome.kind === "doubt" && outcome.hint === "underpriced") this.#record.markUnderpriced(hash);
    if (outcome.kind === "doubt" && outcome.hint === "pool-full") this.window.shrink(this.#head);
    if (outcome.kind === "doubt") notify({ kind: "doubt", lane, nonce, hash, unanswered: error instanceof RpcUnanswered, error });
    if (outcome.kind !== "never-sent") return;
    if (outcome.cause === "funds")
      notify({ kind: "without funds", lane, error: new InsufficientFunds(lane, network, undefined, undefined) });
    else onFatal(new TransactionRefused(hash, outcome.reason));
  }
}
