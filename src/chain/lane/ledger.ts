import pLimit from "p-limit";
import type { EventStore, NewEvent, StreamId, StreamWrite, Version } from "../../store/event-store.ts";
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

/** Where a nonce was mined, as far as is known now. */
export interface Mined {
  readonly block: number;
  readonly blockHash: string;
}

/** Whose ledger it is, and where it is. */
export interface LedgerPlace {
  readonly store: EventStore;
  readonly chainId: number;
  readonly address: string;
}

/** Nonces that end between two snapshots. */
const endsBetweenSnapshots = 64;

/**
 * The ledger of one account on one chain, what it comes to in memory, and the one way to add to it: durable first, then believed.
 * Beside it, and not in it, where its open nonces are mined as far as is known now.
 *
 * @typeParam Told what is written together with the ledger's events, e.g. commands to orders
 */
export abstract class Ledger<Told, M extends Mined = Mined> {
  readonly address: string;
  protected readonly store: EventStore;
  protected readonly stream: StreamId;
  #state: LaneState = emptyLane();
  readonly #byHash = new Map<string, OpenAttempt>();
  readonly #mined = new Map<number, M>();
  /** Appends take turns, so that each knows the version it follows. */
  readonly #turns = pLimit(1);
  #endsSinceSnapshot = 0;

  protected constructor({ store, chainId, address }: LedgerPlace) {
    this.address = address;
    this.store = store;
    this.stream = laneStream(chainId, address);
  }

  get state(): LaneState {
    return this.#state;
  }

  /** Nonce of the next transaction. @throws TypeError before the account's count is known */
  get nextNonce(): number {
    if (this.#state.nextNonce === undefined) throw new TypeError("a ledger is opened before it is used");
    return this.#state.nextNonce;
  }

  /** The attempt of this hash, as long as its nonce is open. */
  attemptOf(hash: string): OpenAttempt | undefined {
    return this.#byHash.get(hash);
  }

  openAt(nonce: number): OpenNonce | undefined {
    return this.#state.open.get(nonce);
  }

  /** Open nonces that are not known to be mined, lowest first. */
  unmined(): OpenNonce[] {
    return [...this.#state.open.values()].filter(({ nonce }) => !this.#mined.has(nonce)).sort((a, b) => a.nonce - b.nonce);
  }

  /** How many they are. */
  get unminedCount(): number {
    return this.#state.open.size - this.#mined.size;
  }

  minedAt(nonce: number): M | undefined {
    return this.#mined.get(nonce);
  }

  /** Nonces mined at or below this block. */
  minedUpTo(block: number): number[] {
    return this.#minedWhere((mined) => mined.block <= block);
  }

  markMined(nonce: number, mined: M): void {
    if (this.#state.open.has(nonce)) this.#mined.set(nonce, mined);
  }

  /** A block is no longer canonical. Returns the nonces that were mined in it. */
  orphan(blockHash: string): number[] {
    const nonces = this.#minedWhere((mined) => mined.blockHash === blockHash);
    for (const nonce of nonces) this.#mined.delete(nonce);
    return nonces;
  }

  /** One after the other: what `work` sees of the ledger stays so until it is done. */
  inTurn<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#turns(work);
  }

  /**
   * Appends events and writes what is told with them, all or nothing. In turn only. Durable when it resolves.
   * @throws what `commit` throws; nothing is written or believed then
   */
  async append(events: readonly LaneEvent[], told: readonly Told[] = []): Promise<void> {
    const ledger = { stream: this.stream, expected: this.#state.version, events: events as unknown as readonly NewEvent[] };
    await this.commit(ledger, told);
    for (const event of events) this.#apply(event);
  }

  /** The bytes of an attempt, as they were recorded before they were first sent, whether or not its nonce is open. */
  async bytesOf({ version }: { readonly version: Version }): Promise<string> {
    for await (const stored of this.store.read(this.stream, version)) {
      return (laneEventOf(stored) as Extract<LaneEvent, { kind: "attempted" }>).data.raw;
    }
    throw new TypeError(`the ledger of ${this.address} has no attempt at version ${version}`);
  }

  /** Keeps what the ledger comes to, so that the next start is quick: where enough nonces have ended, or in any case with `force`. */
  async saveSnapshot(force = false): Promise<void> {
    if (!force && this.#endsSinceSnapshot < endsBetweenSnapshots) return;
    this.#endsSinceSnapshot = 0;
    const data = toSnapshot(this.#state);
    await this.store.saveSnapshot(this.stream, { position: await this.store.head(), data });
  }

  /** Reads what is stored: the snapshot, and what was appended since. Once, before anything else. */
  protected async load(chainId: number): Promise<void> {
    this.#state = await readLane(this.store, chainId, this.address);
    for (const { attempts } of this.#state.open.values()) for (const attempt of attempts) this.#byHash.set(attempt.hash, attempt);
  }

  /** Writes the ledger's events and what is told, all or nothing. */
  protected abstract commit(ledger: StreamWrite, told: readonly Told[]): Promise<unknown>;

  /** The end of a nonce is on record. */
  protected abstract ended(open: OpenNonce): void;

  #minedWhere(holds: (mined: M) => boolean): number[] {
    return [...this.#mined].filter(([, mined]) => holds(mined)).map(([nonce]) => nonce);
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
    this.#mined.delete(open.nonce);
    this.#endsSinceSnapshot++;
    this.ended(open);
  }
}
