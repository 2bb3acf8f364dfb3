import pLimit from "p-limit";
import type { Clock } from "../../clock.ts";
import type { Order, OrderBook, Told } from "../../order/index.ts";
import type { EventStore, NewEvent } from "../../store/index.ts";
import type { DigestSigner } from "../../voucher/index.ts";
import type { Reach } from "../../write-ahead.ts";
import { classifyBroadcastError } from "../rpc/broadcast-outcome.ts";
import { ForeignTransaction, InsufficientFunds, TransactionRefused } from "../errors.ts";
import type { Fees } from "../fees/fees.ts";
import {
  type Attempt,
  emptyLane,
  evolveLane,
  type LaneEvent,
  laneEventOf,
  type LaneState,
  laneStream,
  type OpenAttempt,
} from "./lane-ledger.ts";
import { type Rpc, RpcRefused, toQuantity } from "../rpc/rpc.ts";
import { consequencesOf, type Receipt, settlementOf } from "./settlement.ts";
import { signTransaction } from "./transaction.ts";

export interface LaneParts {
  readonly store: EventStore;
  readonly book: OrderBook;
  readonly rpc: Rpc;
  readonly signer: DigestSigner;
  readonly chainId: number;
  readonly network: string;
  /** Usual time between blocks. */
  readonly blockTimeMs: number;
  readonly clock: Clock;
  /** Hears of doubt and of foreign transactions; the lane goes on. */
  readonly onTrouble: (error: unknown) => void;
  /** Hears what stops the lane: its record cannot be written. */
  readonly onFatal: (error: unknown) => void;
  readonly reach: Reach;
}

/** One transaction's worth of work. */
export interface LaneWork {
  readonly orderIds: readonly string[];
  readonly to: string;
  readonly data: string;
  readonly gasLimit: number;
  readonly fees: Fees;
  /** What the orders are told before they are assigned, e.g. their vouchers; durable together with the attempt. */
  readonly before: readonly Told[];
}

interface Outgoing {
  readonly attempt: OpenAttempt;
  readonly raw: string;
}

/** Where an attempt was mined, as far as is known now. */
interface Mined {
  readonly block: number;
  readonly blockHash: string;
}

const backoff = { firstMs: 250, factor: 2, mostMs: 5_000 };
/** An attempt that is not mined after this long is sent again although the node seems to have it. */
const resendAfterMs = 60_000;

/**
 * One relayer account with its strictly sequential nonce.
 *
 * Race: the process may die between any two steps. Mitigation: an attempt's bytes are durable, together with its orders'
 * assignment, before they are sent (law 2), and the nonce is the one recorded there (law 3); after a start every attempt
 * that the chain does not know is sent again, the same bytes. What remains: a broadcast told twice, which nodes ignore.
 */
export class Lane {
  readonly #parts: LaneParts;
  #state: LaneState = emptyLane();
  /** Appends to the lane's stream take turns, so that each knows the version it follows. */
  readonly #inTurn = pLimit(1);
  readonly #byHash = new Map<string, OpenAttempt>();
  readonly #mined = new Map<number, Mined>();
  readonly #sentAt = new Map<number, number>();
  #outgoing: Outgoing[] = [];
  #sending: Promise<void> | undefined;
  #stopped = new AbortController();

  private constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Reads the lane's ledger and brings it together with the account's nonce on chain. */
  static async open(parts: LaneParts): Promise<Lane> {
    const lane = new Lane(parts);
    for await (const stored of parts.store.read(lane.#stream)) lane.#apply(laneEventOf(stored));
    await lane.#reconcile();
    return lane;
  }

  get address(): string {
    return this.#parts.signer.address;
  }

  /** Attempts that are not known to be mined. */
  get inFlight(): number {
    return this.#state.open.size - this.#mined.size;
  }

  get state(): LaneState {
    return this.#state;
  }

  attemptOf(txHash: string): OpenAttempt | undefined {
    return this.#byHash.get(txHash);
  }

  /** Signs and makes durable; resolves then. The broadcast follows by itself, in the order of the nonces. */
  submit(work: LaneWork): Promise<void> {
    return this.#inTurn(async () => {
      const { book, chainId, signer } = this.#parts;
      const nonce = this.#nextNonce();
      const { raw, hash } = await signTransaction(
        { chainId, nonce, to: work.to, data: work.data, gasLimit: work.gasLimit, ...work.fees },
        signer,
      );
      this.#parts.reach("attempt:signed");
      const attempt: Attempt = {
        nonce,
        hash,
        raw,
        gasLimit: work.gasLimit,
        maxFeePerGas: work.fees.maxFeePerGas.toString(),
        maxPriorityFeePerGas: work.fees.maxPriorityFeePerGas.toString(),
        orderIds: work.orderIds,
      };
      const event: LaneEvent = { kind: "attempted", data: attempt };
      const assigned = work.orderIds.map((orderId): Told => ({
        orderId,
        command: { kind: "assign", carrier: { lane: this.address, nonce, hash } },
      }));
      await book.execute([...work.before, ...assigned], [this.#write([event])]);
      this.#parts.reach("attempt:recorded");
      this.#apply(event);
      this.#send(hash, raw);
    });
  }

  /** The chain has this attempt in a canonical block. */
  mined(txHash: string, block: number, blockHash: string): void {
    const attempt = this.#byHash.get(txHash);
    if (attempt) this.#mined.set(attempt.nonce, { block, blockHash });
  }

  /** A block was reorganised away: its attempts are in nobody's pool now, so the same bytes go out again. */
  async orphaned(blockHash: string): Promise<void> {
    for (const [nonce, mined] of [...this.#mined]) {
      if (mined.blockHash !== blockHash) continue;
      this.#mined.delete(nonce);
      await this.#sendAgain(nonce);
    }
  }

  /**
   * Sends again, unchanged, what the node no longer has (its pending count ends below it; pools drop transactions under
   * pressure) and what has waited very long. Young attempts are left alone: their first broadcast may still be on its way.
   */
  async resendMissing(): Promise<void> {
    const now = this.#parts.clock.now();
    const unmined = [...this.#state.open.keys()].filter((nonce) => !this.#mined.has(nonce));
    const waiting = unmined.filter((nonce) => now - (this.#sentAt.get(nonce) ?? now) > this.#parts.blockTimeMs);
    if (waiting.length === 0) return;
    const known = await this.#count("pending");
    for (const nonce of unmined) {
      const waited = now - (this.#sentAt.get(nonce) ?? now);
      const missing = nonce >= known && waited > this.#parts.blockTimeMs;
      if (missing || waited > resendAfterMs) await this.#sendAgain(nonce);
    }
  }

  /**
   * Attempts whose nonce the account has passed although no log of theirs was seen, with their receipts; null where
   * the chain has none, which is doubt: the nonce may have been used by somebody else, or the node lags.
   */
  async passedOver(): Promise<{ attempt: OpenAttempt; receipt: Receipt | null }[]> {
    const open = [...this.#state.open.values()].filter(({ nonce }) => !this.#mined.has(nonce));
    if (open.length === 0) return [];
    const count = await this.#count("latest");
    const passed = open.filter(({ nonce }) => nonce < count);
    const receipts = await this.#receipts(passed.map(({ hash }) => hash));
    return passed.map((attempt, i) => ({ attempt, receipt: receipts[i] ?? null }));
  }

  /**
   * Closes the attempts mined at or below `block`, which is final, and tells their orders what follows, in one append:
   * an attempt that was closed alone would leave its orders to nobody. Returns how many were closed.
   */
  async settle(block: number): Promise<number> {
    const due = [...this.#mined].filter(([, mined]) => mined.block <= block).slice(0, 16);
    if (due.length === 0) return 0;
    const attempts = due.flatMap(([nonce]) => this.#state.open.get(nonce) ?? []);
    const receipts = await this.#receipts(attempts.map(({ hash }) => hash));
    const settled = receipts.flatMap((receipt) => this.#asKnown(receipt) ?? []);
    if (settled.length === 0) return 0;
    this.#parts.reach("settlement:seen");
    await this.#record(
      settled.map(({ receipt, attempt }) => ({ kind: "settled", data: settlementOf(receipt, attempt.nonce) })),
      settled.flatMap(({ receipt, attempt }) => consequencesOf(receipt, this.#ordersOf(attempt))),
    );
    this.#parts.reach("settlement:recorded");
    return settled.length;
  }

  /**
   * Closes an attempt whose nonce another transaction took for good, and takes its orders back in the same append: only
   * then may they go elsewhere (law 2).
   */
  async displaced(attempt: OpenAttempt, finalBlock: number): Promise<void> {
    if (finalBlock < 0 || (await this.#count(toQuantity(finalBlock))) <= attempt.nonce) return;
    await this.#record(
      [{ kind: "displaced", data: { nonce: attempt.nonce, hash: attempt.hash } }],
      attempt.orderIds.map((orderId) => ({ orderId, command: { kind: "unconfirm", reason: "nonce-taken", txHash: attempt.hash } })),
    );
  }

  /** Stops sending. What is durable stays durable and is sent by the next start. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#sending;
    await this.#inTurn(() => undefined);
  }

  get #stream(): string {
    return laneStream(this.#parts.chainId, this.address);
  }

  #nextNonce(): number {
    if (this.#state.nextNonce === undefined) throw new TypeError("a lane is opened before it is used");
    return this.#state.nextNonce;
  }

  #apply(event: LaneEvent): void {
    if (event.kind === "settled" || event.kind === "displaced") {
      this.#byHash.delete(event.data.hash);
      this.#mined.delete(event.data.nonce);
      this.#sentAt.delete(event.data.nonce);
    }
    this.#state = evolveLane(this.#state, event);
    const attempt = event.kind === "attempted" ? this.#state.open.get(event.data.nonce) : undefined;
    if (attempt) this.#byHash.set(attempt.hash, attempt);
  }

  #write(events: readonly LaneEvent[]) {
    return { stream: this.#stream, expected: this.#state.version, events: events as unknown as readonly NewEvent[] };
  }

  #record(events: readonly LaneEvent[], told: readonly Told[] = []): Promise<void> {
    return this.#inTurn(async () => {
      await this.#parts.book.execute(told, [this.#write(events)]);
      for (const event of events) this.#apply(event);
    });
  }

  async #reconcile(): Promise<void> {
    const onChain = Math.max(await this.#count("latest"), await this.#count("pending"));
    const recorded = this.#state.nextNonce;
    if (recorded === undefined || onChain > recorded) {
      if (recorded !== undefined) this.#parts.onTrouble(new ForeignTransaction(this.address, recorded, onChain));
      await this.#record([{ kind: "opened", data: { nonce: onChain } }]);
    }
  }

  /** Sends what a former run left behind: every attempt the chain does not have, oldest nonce first, the same bytes. */
  async resume(): Promise<void> {
    for (const nonce of [...this.#state.open.keys()].sort((a, b) => a - b)) {
      if (!this.#mined.has(nonce)) await this.#sendAgain(nonce);
    }
  }

  async #sendAgain(nonce: number): Promise<void> {
    const attempt = this.#state.open.get(nonce);
    if (!attempt || this.#outgoing.some((out) => out.attempt.hash === attempt.hash)) return;
    for await (const stored of this.#parts.store.read(this.#stream, attempt.version)) {
      this.#send(attempt.hash, (laneEventOf(stored) as Extract<LaneEvent, { kind: "attempted" }>).data.raw);
      return;
    }
  }

  #send(hash: string, raw: string): void {
    const attempt = this.#byHash.get(hash);
    if (!attempt) return;
    this.#sentAt.set(attempt.nonce, this.#parts.clock.now());
    this.#outgoing.push({ attempt, raw });
    this.#sending ??= this.#sendAll()
      .catch(this.#parts.onFatal)
      .finally(() => (this.#sending = undefined));
  }

  async #sendAll(): Promise<void> {
    let waitMs = backoff.firstMs;
    for (let next = this.#outgoing[0]; next && !this.#stopped.signal.aborted; next = this.#outgoing[0]) {
      const done = this.#mined.has(next.attempt.nonce) || (await this.#broadcast(next));
      if (done) {
        this.#outgoing.shift();
        waitMs = backoff.firstMs;
        continue;
      }
      await this.#parts.clock.pause(waitMs, this.#stopped.signal);
      waitMs = Math.min(waitMs * backoff.factor, backoff.mostMs);
    }
  }

  /** One try. True when the node has the bytes, or has said something that only the chain can settle. */
  async #broadcast({ attempt, raw }: Outgoing): Promise<boolean> {
    const { book, rpc, network, onTrouble } = this.#parts;
    try {
      await rpc.request<string>("eth_sendRawTransaction", [raw]);
    } catch (error) {
      const outcome = classifyBroadcastError(error);
      if (outcome.kind === "doubt") {
        onTrouble(error);
        return error instanceof RpcRefused;
      }
      if (outcome.kind === "never-sent") {
        onTrouble(
          outcome.cause === "funds"
            ? new InsufficientFunds(this.address, network, undefined, undefined)
            : new TransactionRefused(attempt.hash, outcome.reason),
        );
        return false;
      }
    }
    this.#parts.reach("attempt:sent");
    const carrier = { lane: this.address, nonce: attempt.nonce, hash: attempt.hash };
    await book.execute(attempt.orderIds.map((orderId) => ({ orderId, command: { kind: "broadcast", carrier } })));
    this.#parts.reach("broadcast:recorded");
    return true;
  }

  /** With its attempt, where it is of the block that we know: otherwise it is asked for again later. */
  #asKnown(receipt: Receipt | null): { receipt: Receipt; attempt: OpenAttempt } | undefined {
    const attempt = receipt && this.#byHash.get(receipt.transactionHash);
    return attempt && this.#mined.get(attempt.nonce)?.blockHash === receipt.blockHash ? { receipt, attempt } : undefined;
  }

  #ordersOf({ orderIds }: OpenAttempt): Order[] {
    return orderIds.flatMap((orderId) => this.#parts.book.get(orderId) ?? []);
  }

  async #count(block: string): Promise<number> {
    return Number(await this.#parts.rpc.request<string>("eth_getTransactionCount", [this.address, block]));
  }

  /** In small pieces: a receipt of a batch holds hundreds of logs, and parsing must not hold up the event loop. */
  async #receipts(hashes: readonly string[]): Promise<(Receipt | null)[]> {
    const receipts: (Receipt | null)[] = [];
    for (const hash of hashes) receipts.push(await this.#parts.rpc.request<Receipt | null>("eth_getTransactionReceipt", [hash]));
    return receipts;
  }
}
