import pLimit from "p-limit";
import type { Clock } from "../../clock.ts";
import type { CarrierNonce, Order, OrderBook, Told } from "../../order/index.ts";
import type { EventStore, NewEvent } from "../../store/index.ts";
import type { DigestSigner } from "../../voucher/index.ts";
import type { Reach } from "../../write-ahead.ts";
import { InsufficientFunds, TransactionRefused } from "../errors.ts";
import type { Fees } from "../fees/fees.ts";
import { type Rpc, RpcUnanswered } from "../rpc/rpc.ts";
import type { AccountNonces } from "./account-nonces.ts";
import { type AttemptContent, AttemptSigner } from "./attempts.ts";
import { type BroadcastAnswer, Broadcaster } from "./broadcaster.ts";
import {
  type Attempt,
  type Duty,
  emptyLane,
  evolveLane,
  type LaneEvent,
  laneEventOf,
  type LaneState,
  laneStream,
  latestOf,
  type OpenAttempt,
  type OpenNonce,
  ordersOf,
  readLane,
  toSnapshot,
} from "./lane-ledger.ts";
import type { LaneNotice } from "./notices.ts";
import { consequencesOf, type Receipt, settlementOf, type SkipMeaning, takenBack } from "./settlement.ts";
import { takerOf } from "./taker.ts";
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

/** Where a nonce was mined, as far as is known now. */
interface Mined {
  readonly block: number;
  readonly blockHash: string;
}

/** Nonces closed between two snapshots of the lane. */
const settledBetweenSnapshots = 64;

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
  readonly #parts: LaneParts;
  readonly #attempts: AttemptSigner;
  readonly #broadcaster: Broadcaster;
  #state: LaneState = emptyLane();
  /** Appends to the lane's stream take turns, so that each knows the version it follows. */
  readonly #inTurn = pLimit(1);
  readonly #byHash = new Map<string, OpenAttempt>();
  readonly #mined = new Map<number, Mined>();
  /** Hashes that a node refused because they pay too little, either for its pool or in place of a former attempt. */
  readonly #underpriced = new Set<string>();
  #head = 0;
  #sinceSnapshot = 0;

  private constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#attempts = new AttemptSigner(parts.chainId, parts.signer);
    this.window = new InFlightWindow(parts.mostInFlight, parts.firstInFlight);
    this.#broadcaster = new Broadcaster({
      rpc: parts.rpc,
      clock: parts.clock,
      isSettled: ({ nonce, hash }) => this.#mined.has(nonce) || !this.#byHash.has(hash),
      onAnswers: (answers) => this.#answered(answers),
      onFatal: parts.onFatal,
    });
  }

  /** Reads the lane's ledger: its snapshot, and what was appended since. */
  static async open(parts: LaneParts): Promise<Lane> {
    const lane = new Lane(parts);
    lane.#state = await readLane(parts.store, parts.chainId, parts.signer.address);
    for (const { attempts } of lane.#state.open.values()) for (const attempt of attempts) lane.#byHash.set(attempt.hash, attempt);
    return lane;
  }

  get address(): string {
    return this.#parts.signer.address;
  }

  get state(): LaneState {
    return this.#state;
  }

  /** Nonces that are not known to be mined. */
  get inFlight(): number {
    return this.#state.open.size - this.#mined.size;
  }

  /** How many more transactions the lane may send now. */
  get room(): number {
    return this.#state.duty === "open" ? Math.max(0, this.window.limit - this.inFlight) : 0;
  }

  /** Open nonces that are not known to be mined, lowest first. */
  unmined(): OpenNonce[] {
    return [...this.#state.open.values()].filter(({ nonce }) => !this.#mined.has(nonce)).sort((a, b) => a.nonce - b.nonce);
  }

  attemptOf(txHash: string): OpenAttempt | undefined {
    return this.#byHash.get(txHash);
  }

  /** Whether a node said that this attempt pays too little to be kept. */
  isUnderpriced(hash: string): boolean {
    return this.#underpriced.has(hash);
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
    return this.#inTurn(async () => {
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
      await this.#append(
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
    return this.#further(nonce, async (former) => this.#attempts.replacement(former, await this.#bytesOf(former), fees));
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
    return this.#inTurn(async () => {
      if (this.#state.open.has(gap)) return;
      const attempt = await this.#attempts.noOp(gap, fees);
      await this.#append([{ kind: "attempted", data: attempt }]);
      this.#send(attempt);
    });
  }

  /** The chain has this attempt in a canonical block. */
  mined(txHash: string, block: number, blockHash: string): void {
    const attempt = this.#byHash.get(txHash);
    if (!attempt) return;
    if (!this.#mined.has(attempt.nonce)) this.window.grow();
    this.#mined.set(attempt.nonce, { block, blockHash });
  }

  /** A block was reorganised away: its transactions are in nobody's pool now, so the same bytes go out again. */
  async orphaned(blockHash: string): Promise<void> {
    for (const [nonce, mined] of [...this.#mined]) {
      if (mined.blockHash !== blockHash) continue;
      this.#mined.delete(nonce);
      await this.sendAgain(nonce);
    }
  }

  /**
   * Closes the nonces mined at or below `block`, which is final, and tells their orders what follows, in one append:
   * a nonce that was closed alone would leave its orders to nobody. Returns how many were closed.
   */
  async settle(block: number): Promise<number> {
    const due = [...this.#mined].filter(([, mined]) => mined.block <= block).slice(0, 16);
    if (due.length === 0) return 0;
    const settled: { readonly receipt: Receipt; readonly open: OpenNonce }[] = [];
    for (const [nonce, { blockHash }] of due) {
      const open = this.#state.open.get(nonce);
      const receipt = open && (await this.receiptOf(open));
      if (open && receipt?.blockHash === blockHash) settled.push({ receipt, open }); // otherwise it is asked for again later
    }
    if (settled.length === 0) return 0;
    this.#parts.reach("settlement:seen");
    await this.#inTurn(() =>
      this.#append(
        settled.map(({ receipt, open }) => ({ kind: "settled", data: settlementOf(receipt, open.nonce) })),
        settled.flatMap(({ receipt, open }) =>
          consequencesOf(receipt, this.#nonceOf(open), open, this.#ordersOf(open), this.#parts.refusal),
        ),
      ),
    );
    this.#parts.reach("settlement:recorded");
    for (const { receipt, open } of settled) {
      this.#parts.notify({
        kind: "settled",
        lane: this.address,
        settlement: settlementOf(receipt, open.nonce),
        orders: ordersOf(open).length,
      });
    }
    if (this.#sinceSnapshot >= settledBetweenSnapshots) {
      // One that fails costs the next start time, and nothing else.
      await this.#saveSnapshot().catch((error: unknown) => {
        this.#parts.notify({ kind: "snapshot failed", lane: this.address, error });
      });
    }
    return settled.length;
  }

  /** The receipt of whichever attempt of the nonce was mined; null where the node has none, which is doubt. */
  async receiptOf(open: OpenNonce): Promise<Receipt | null> {
    for (const { hash } of open.attempts.toReversed()) {
      // One at a time: a receipt of a batch holds hundreds of logs, and parsing must not hold up the event loop.
      const receipt = await this.#parts.rpc.request<Receipt | null>("eth_getTransactionReceipt", [hash]);
      if (receipt !== null) return receipt;
    }
    return null;
  }

  /**
   * Closes a nonce that another transaction took for good, and takes its orders back in the same append: only then may
   * they go elsewhere (law 2).
   *
   * Race: a node that has lost or not yet indexed the receipt of ours looks as if another transaction had the nonce.
   * Mitigation: the final blocks themselves are read for the transaction that has it. What remains: a nonce that was taken
   * more than 32 final blocks ago, while nobody looked, is believed by count and missing receipts alone; the voucher's bit
   * stops a second mint in any case.
   */
  async displaced(open: OpenNonce, finalBlock: number): Promise<void> {
    const { nonce } = open;
    if (finalBlock < 0 || (await this.#parts.nonces.at(this.address, finalBlock)) <= nonce) return;
    if ((await this.receiptOf(open)) !== null) return; // a receipt that was overlooked before: it is ours after all
    const taker = await takerOf(this.#parts.rpc, this.address, nonce, finalBlock);
    if (taker !== undefined && this.#byHash.has(taker)) return; // ours: its receipt will be found
    await this.#inTurn(async () => {
      if (this.#mined.has(nonce) || !this.#state.open.has(nonce)) return;
      await this.#append(
        [{ kind: "displaced", data: { nonce, hash: latestOf(open).hash } }],
        takenBack(this.#nonceOf(open), this.#ordersOf(open)),
      );
      this.#parts.notify({ kind: "displaced", lane: this.address, nonce });
    });
  }

  /** Goes on behind transactions of this account that are not in the ledger. */
  openAt(nonce: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state.nextNonce !== undefined && nonce <= this.#state.nextNonce) return;
      await this.#append([{ kind: "opened", data: { nonce } }]);
    });
  }

  setDuty(duty: Duty): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#state.duty !== duty) await this.#append([{ kind: "duty", data: { duty } }]);
    });
  }

  /** Sends what a former run left behind: every attempt the chain does not have, oldest nonce first, the same bytes. */
  async resume(): Promise<void> {
    for (const { nonce } of this.unmined()) await this.sendAgain(nonce);
  }

  /** The bytes of the nonce's latest attempt once more, unchanged. */
  async sendAgain(nonce: number): Promise<void> {
    const open = this.#state.open.get(nonce);
    if (!open || this.#broadcaster.has(latestOf(open).hash)) return;
    const { hash } = latestOf(open);
    this.#send({ nonce, hash, raw: await this.#bytesOf(latestOf(open)) });
    this.#parts.notify({ kind: "sent again", lane: this.address, nonce, hash });
  }

  /** Stops sending. What is durable stays durable and is sent by the next start. */
  async close(): Promise<void> {
    await this.#broadcaster.close();
    await this.#inTurn(() => undefined);
    await this.#saveSnapshot();
  }

  get nextNonce(): number {
    if (this.#state.nextNonce === undefined) throw new TypeError("a lane is opened before it is used");
    return this.#state.nextNonce;
  }

  get #stream(): string {
    return laneStream(this.#parts.chainId, this.address);
  }

  #further(nonce: number, sign: (former: OpenAttempt) => Promise<Attempt>): Promise<void> {
    return this.#inTurn(async () => {
      const open = this.#state.open.get(nonce);
      if (!open || this.#mined.has(nonce)) return; // mined meanwhile
      const attempt = await sign(latestOf(open));
      this.#parts.reach("replacement:signed");
      await this.#append([{ kind: "attempted", data: attempt }]);
      this.#parts.reach("replacement:recorded");
      this.#send(attempt);
      this.#parts.notify({ kind: attempt.orderIds.length > 0 ? "replaced" : "cancelled", lane: this.address, nonce, hash: attempt.hash });
    });
  }

  /** In turn only. */
  async #append(events: readonly LaneEvent[], told: readonly Told[] = []): Promise<void> {
    const write = { stream: this.#stream, expected: this.#state.version, events: events as unknown as readonly NewEvent[] };
    await this.#parts.book.execute(told, [write]);
    for (const event of events) this.#apply(event);
  }

  #apply(event: LaneEvent): void {
    if (event.kind === "settled" || event.kind === "displaced") this.#forget(event.data.nonce);
    this.#state = evolveLane(this.#state, event);
    const attempt = event.kind === "attempted" ? this.#state.open.get(event.data.nonce)?.attempts.at(-1) : undefined;
    if (attempt) this.#byHash.set(attempt.hash, attempt);
  }

  #forget(nonce: number): void {
    for (const { hash } of this.#state.open.get(nonce)?.attempts ?? []) {
      this.#byHash.delete(hash);
      this.#underpriced.delete(hash);
    }
    this.#mined.delete(nonce);
    this.#sinceSnapshot++;
  }

  async #saveSnapshot(): Promise<void> {
    this.#sinceSnapshot = 0;
    const data = toSnapshot(this.#state);
    await this.#parts.store.saveSnapshot(this.#stream, { position: await this.#parts.store.head(), data });
  }

  async #bytesOf({ version, nonce }: OpenAttempt): Promise<string> {
    for await (const stored of this.#parts.store.read(this.#stream, version)) {
      return (laneEventOf(stored) as Extract<LaneEvent, { kind: "attempted" }>).data.raw;
    }
    throw new TypeError(`the ledger of lane ${this.address} has no bytes for nonce ${nonce}`);
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
      return (this.#byHash.get(hash)?.orderIds ?? []).map((orderId) => ({ orderId, command: { kind: "broadcast", carrier } }));
    });
    await this.#parts.book.execute(told);
    this.#parts.reach("broadcast:recorded");
  }

  #hear({ sent: { nonce, hash }, outcome, error }: BroadcastAnswer): void {
    const { notify, network, onFatal } = this.#parts;
    const lane = this.address;
    if (outcome.kind === "doubt" && outcome.hint === "underpriced") this.#underpriced.add(hash);
    if (outcome.kind === "doubt" && outcome.hint === "pool-full") this.window.shrink(this.#head);
    if (outcome.kind === "doubt") notify({ kind: "doubt", lane, nonce, hash, unanswered: error instanceof RpcUnanswered, error });
    if (outcome.kind !== "never-sent") return;
    if (outcome.cause === "funds")
      notify({ kind: "without funds", lane, error: new InsufficientFunds(lane, network, undefined, undefined) });
    else onFatal(new TransactionRefused(hash, outcome.reason));
  }

  #nonceOf({ nonce }: OpenNonce): CarrierNonce {
    return { lane: this.address, nonce };
  }

  #ordersOf(open: OpenNonce): Order[] {
    return ordersOf(open).flatMap((orderId) => this.#parts.book.get(orderId) ?? []);
  }
}
