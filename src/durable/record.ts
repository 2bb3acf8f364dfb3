import pLimit from "p-limit";
import {
  type Attempt,
  emptyLane,
  evolveLane,
  type LaneEvent,
  laneEventOf,
  type LaneState,
  laneStream,
  latestOf,
  type OpenAttempt,
  type OpenNonce,
  readLane,
  toSnapshot,
} from "../chain/lane/lane-ledger.ts";
import type { EventStore, NewEvent, StreamId, Version } from "../store/event-store.ts";
import { LaneOfService } from "./errors.ts";
import { type Fate, fateOf } from "./fate.ts";
import { isWork, type KeyEvent, keyOfWork, Keys, type KeyState, type Work, workOfHash } from "./keys.ts";
import type { Signed } from "./transactions.ts";

/** Where a nonce was mined, as far as is known now, and what came of it there. */
export interface Mined {
  readonly hash: string;
  readonly block: number;
  readonly blockHash: string;
  readonly gasUsed: number;
  /** False where it reverted. */
  readonly succeeded: boolean;
}

/** An event of one of the account's keys. */
export interface KeyTold {
  readonly key: string;
  readonly event: KeyEvent;
}

/** A key, and where the bytes of its transaction are. */
export interface BoundKey {
  readonly bound: (NonNullable<KeyState["bound"]> & { readonly version: Version }) | undefined;
}

/** Nonces closed between two snapshots. */
const closedBetweenSnapshots = 64;
/** Hashes of closed nonces that are found without reading the ledger. */
const mostRemembered = 4_096;

/**
 * The durable record of one account on one chain: a lane's ledger as mintd keeps it, and a stream for each idempotency key.
 * A key's transaction and its nonce are bound in one append; nobody else writes to these streams.
 */
export class LaneRecord {
  readonly address: string;
  readonly #store: EventStore;
  readonly #stream: StreamId;
  readonly #keys: Keys;
  readonly #inTurn = pLimit(1);
  readonly #byHash = new Map<string, OpenAttempt>();
  readonly #mined = new Map<number, Mined>();
  /** Where the attempts of nonces that were closed lately are, oldest first. */
  readonly #closed = new Map<string, Version>();
  #state: LaneState = emptyLane();
  #closedSinceSnapshot = 0;

  private constructor(store: EventStore, chainId: number, address: string) {
    this.address = address;
    this.#store = store;
    this.#stream = laneStream(chainId, address);
    this.#keys = new Keys(store, chainId, address);
  }

  /** @throws LaneOfService, and what the store throws */
  static async open(store: EventStore, chainId: number, address: string): Promise<LaneRecord> {
    const record = new LaneRecord(store, chainId, address);
    record.#state = await readLane(store, chainId, address);
    const works = [...record.#state.open.values()].flatMap(({ attempts }) => attempts.flatMap(({ orderIds }) => orderIds));
    const foreign = works.find((work) => !isWork(work));
    if (foreign !== undefined) throw new LaneOfService(address, chainId, foreign);
    for (const { attempts } of record.#state.open.values()) for (const attempt of attempts) record.#byHash.set(attempt.hash, attempt);
    return record;
  }

  get state(): LaneState {
    return this.#state;
  }

  /** Nonce of the next transaction. @throws TypeError before the account's count is known */
  get nextNonce(): number {
    if (this.#state.nextNonce === undefined) throw new TypeError("the ledger is opened before it is used");
    return this.#state.nextNonce;
  }

  /** One after the other: what `work` sees of the record stays so until it is done. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(work);
  }

  attemptOf(hash: string): OpenAttempt | undefined {
    return this.#byHash.get(hash);
  }

  openAt(nonce: number): OpenNonce | undefined {
    return this.#state.open.get(nonce);
  }

  /** The open nonce that carries this work. */
  carrierOf(work: Work): OpenNonce | undefined {
    return [...this.#state.open.values()].find((open) => workOf(open) === work);
  }

  /** Open nonces that are not known to be mined, lowest first. */
  unmined(): OpenNonce[] {
    return [...this.#state.open.values()].filter(({ nonce }) => !this.#mined.has(nonce)).sort((a, b) => a.nonce - b.nonce);
  }

  minedAt(nonce: number): Mined | undefined {
    return this.#mined.get(nonce);
  }

  /** Nonces mined at or below this block. */
  minedUpTo(block: number): number[] {
    return [...this.#mined].filter(([, mined]) => mined.block <= block).map(([nonce]) => nonce);
  }

  markMined(nonce: number, mined: Mined): void {
    if (this.#state.open.has(nonce)) this.#mined.set(nonce, mined);
  }

  /** A block is no longer canonical. Returns the nonces that were mined in it. */
  orphan(blockHash: string): number[] {
    const nonces = [...this.#mined].filter(([, mined]) => mined.blockHash === blockHash).map(([nonce]) => nonce);
    for (const nonce of nonces) this.#mined.delete(nonce);
    return nonces;
  }

  async readKey(key: string): Promise<BoundKey> {
    const { bound } = await this.#keys.read(key);
    if (!bound) return { bound };
    const version = bound.version ?? (await this.versionOf(bound.hash));
    if (version === undefined) throw new TypeError(`the ledger of ${this.address} has no attempt ${bound.hash}`);
    return { bound: { ...bound, version } };
  }

  /** In turn only. Durable when it resolves. */
  async append(events: readonly LaneEvent[], told: readonly KeyTold[] = []): Promise<void> {
    const write = { stream: this.#stream, expected: this.#state.version, events: events as unknown as readonly NewEvent[] };
    await this.#store.append([write, ...(await this.#keys.writes(told))]);
    for (const event of events) this.#apply(event);
  }

  /** The bytes of an attempt, as they were recorded, whether or not its nonce is open. */
  async bytesOf({ version }: { readonly version: Version }): Promise<string> {
    for await (const stored of this.#store.read(this.#stream, version)) {
      return (laneEventOf(stored) as Extract<LaneEvent, { kind: "attempted" }>).data.raw;
    }
    throw new TypeError(`the ledger of ${this.address} has no attempt at version ${version}`);
  }

  /** Where the bytes of this hash are; undefined where they are not recorded. Reads the whole ledger for what was closed long ago. */
  async versionOf(hash: string): Promise<Version | undefined> {
    const known = this.#byHash.get(hash)?.version ?? this.#closed.get(hash);
    if (known !== undefined) return known;
    for await (const stored of this.#store.read(this.#stream)) {
      const event = laneEventOf(stored);
      if (event.kind === "attempted" && event.data.hash === hash) return stored.version;
    }
    return undefined;
  }

  /** What became of the attempt at this version. */
  async fateOf(version: Version): Promise<Fate> {
    const fate = await fateOf(this.#store.read(this.#stream, version));
    if (!fate) throw new TypeError(`the ledger of ${this.address} has no attempt at version ${version}`);
    return fate;
  }

  /** A snapshot where enough was closed since the last one, or in any case with `force`. */
  async saveSnapshot(force = false): Promise<void> {
    if (!force && this.#closedSinceSnapshot < closedBetweenSnapshots) return;
    this.#closedSinceSnapshot = 0;
    const data = toSnapshot(this.#state);
    await this.#store.saveSnapshot(this.#stream, { position: await this.#store.head(), data });
  }

  #apply(event: LaneEvent): void {
    if (event.kind === "settled" || event.kind === "displaced") {
      for (const attempt of this.#state.open.get(event.data.nonce)?.attempts ?? []) this.#close(attempt);
      this.#mined.delete(event.data.nonce);
      this.#closedSinceSnapshot++;
    }
    this.#state = evolveLane(this.#state, event);
    const attempt = event.kind === "attempted" ? this.#state.open.get(event.data.nonce)?.attempts.at(-1) : undefined;
    if (attempt) this.#byHash.set(attempt.hash, attempt);
  }

  #close({ hash, version }: OpenAttempt): void {
    this.#byHash.delete(hash);
    this.#closed.set(hash, version);
    for (const oldest of this.#closed.keys()) {
      if (this.#closed.size <= mostRemembered) break;
      this.#closed.delete(oldest);
    }
  }
}

/** What the nonce is for; undefined where it is only to be used up. */
export function workOf({ attempts }: OpenNonce): Work | undefined {
  return attempts.flatMap(({ orderIds }) => orderIds)[0] as Work | undefined;
}

export function keyOf(open: OpenNonce): string | undefined {
  const work = workOf(open);
  return work === undefined ? undefined : keyOfWork(work);
}

/** Whether a no-op is to take the place of the nonce's work. */
export const isBeingCancelled = (open: OpenNonce): boolean => latestOf(open).orderIds.length === 0;

/** Whether another transaction having the nonce leaves work to be sent under another one. */
export const hasWorkLeft = (open: OpenNonce): boolean => workOf(open) !== undefined && !isBeingCancelled(open);

/** The newest attempt that carries the nonce's work. */
export const workingAttemptOf = ({ attempts }: OpenNonce): OpenAttempt | undefined =>
  attempts.findLast(({ orderIds }) => orderIds.length > 0);

/** A ledger's attempt of signed bytes; of bytes without a key the work is named after their own hash. `none`: a no-op. */
export function attemptOf({ raw, hash, nonce, gasLimit, fees }: Signed, work: Work | "own" | "none"): Attempt {
  const orderIds = work === "none" ? [] : [work === "own" ? workOfHash(hash) : work];
  const { maxFeePerGas, maxPriorityFeePerGas } = fees;
  return {
    ...{ nonce, hash, raw, gasLimit, orderIds },
    maxFeePerGas: maxFeePerGas.toString(),
    maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
  };
}
