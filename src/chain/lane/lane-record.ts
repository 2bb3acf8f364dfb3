import pLimit from "p-limit";
import type { OrderBook, Told } from "../../order/index.ts";
import type { EventStore, NewEvent } from "../../store/index.ts";
import {
  emptyLane,
  evolveLane,
  type LaneEvent,
  laneEventOf,
  type LaneState,
  laneStream,
  type OpenAttempt,
  type OpenNonce,
  readLane,
  toSnapshot,
} from "./lane-ledger.ts";

export interface LaneRecordParts {
  readonly store: EventStore;
  readonly book: OrderBook;
  readonly chainId: number;
  readonly address: string;
  /** Hears of each nonce whose end is on record. */
  readonly onEnd: (open: OpenNonce) => void;
}

/** Nonces that end between two snapshots of the lane. */
const endsBetweenSnapshots = 64;

/** The ledger of one lane, what it comes to in memory, and the one way to add to it: durable first, then believed. */
export class LaneRecord {
  readonly #parts: LaneRecordParts;
  readonly #stream: string;
  #state: LaneState = emptyLane();
  readonly #byHash = new Map<string, OpenAttempt>();
  /** Appends take turns, so that each knows the version it follows. */
  readonly #turns = pLimit(1);
  #sinceSnapshot = 0;

  private constructor(parts: LaneRecordParts) {
    this.#parts = parts;
    this.#stream = laneStream(parts.chainId, parts.address);
  }

  /** Reads the ledger: its snapshot, and what was appended since. */
  static async open(parts: LaneRecordParts): Promise<LaneRecord> {
    const record = new LaneRecord(parts);
    record.#state = await readLane(parts.store, parts.chainId, parts.address);
    for (const { attempts } of record.#state.open.values()) for (const attempt of attempts) record.#byHash.set(attempt.hash, attempt);
    return record;
  }

  get state(): LaneState {
    return this.#state;
  }

  get nextNonce(): number {
    if (this.#state.nextNonce === undefined) throw new TypeError("a lane is opened before it is used");
    return this.#state.nextNonce;
  }

  /** The attempt of this hash, as long as its nonce is open. */
  attemptOf(hash: string): OpenAttempt | undefined {
    return this.#byHash.get(hash);
  }

  /** Work that appends: nothing else is appended meanwhile, so that what it read of the state still holds. */
  inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#turns(work);
  }

  /**
   * Appends to the ledger and tells orders, all or nothing. In turn only.
   * @throws IllegalTransition, VersionConflict and what the store throws; nothing is written or believed then
   */
  async append(events: readonly LaneEvent[], told: readonly Told[] = []): Promise<void> {
    const write = { stream: this.#stream, expected: this.#state.version, events: events as unknown as readonly NewEvent[] };
    await this.#parts.book.execute(told, [write]);
    for (const event of events) this.#apply(event);
  }

  /** The bytes of an attempt, as they were made durable before they were first sent. */
  async bytesOf({ version, nonce }: OpenAttempt): Promise<string> {
    for await (const stored of this.#parts.store.read(this.#stream, version)) {
      return (laneEventOf(stored) as Extract<LaneEvent, { kind: "attempted" }>).data.raw;
    }
    throw new TypeError(`the ledger of lane ${this.#parts.address} has no bytes for nonce ${nonce}`);
  }

  /** Whether enough nonces have ended since the last snapshot to make another one. */
  get isSnapshotDue(): boolean {
    return this.#sinceSnapshot >= endsBetweenSnapshots;
  }

  /** Keeps what the ledger comes to, so that the next start is quick. */
  async saveSnapshot(): Promise<void> {
    this.#sinceSnapshot = 0;
    const data = toSnapshot(this.#state);
    await this.#parts.store.saveSnapshot(this.#stream, { position: await this.#parts.store.head(), data });
  }

  #apply(event: LaneEvent): void {
    const ended = event.kind === "settled" || event.kind === "displaced" ? this.#state.open.get(event.data.nonce) : undefined;
    this.#state = evolveLane(this.#state, event);
    if (ended) this.#end(ended);
    const attempt = event.kind === "attempted" ? this.#state.open.get(event.data.nonce)?.attempts.at(-1) : undefined;
    if (attempt) this.#byHash.set(attempt.hash, attempt);
  }

  #end(open: OpenNonce): void {
    for (const { hash } of open.attempts) this.#byHash.delete(hash);
    this.#sinceSnapshot++;
    this.#parts.onEnd(open);
  }
}
