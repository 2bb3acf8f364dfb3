import { type Attempt, laneEventOf, latestOf, type OpenAttempt, type OpenNonce } from "../chain/lane/lane-ledger.ts";
import { type Mined as MinedIn, Ledger, type LedgerPlace } from "../chain/lane/ledger.ts";
import type { EventStore, StreamWrite, Version } from "../store/event-store.ts";
import { LaneOfService } from "./errors.ts";
import { type Fate, fateOf } from "./fate.ts";
import { isWork, type KeyEvent, keyOfWork, Keys, type KeyState, type Work, workOfHash } from "./keys.ts";
import type { Signed } from "./transactions.ts";

/** Where a nonce was mined, as far as is known now, and what came of it there. */
export interface Mined extends MinedIn {
  readonly hash: string;
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

/** Hashes of closed nonces that are found without reading the ledger. */
const mostRemembered = 4_096;

/**
 * The durable record of one account on one chain: a lane's ledger as mintd keeps it, and a stream for each idempotency key.
 * A key's transaction and its nonce are bound in one append; nobody else writes to these streams.
 */
export class LaneRecord extends Ledger<KeyTold, Mined> {
  readonly #keys: Keys;
  /** Where the attempts of nonces that were closed lately are, oldest first. */
  readonly #closed = new Map<string, Version>();

  private constructor(place: LedgerPlace) {
    super(place);
    this.#keys = new Keys(place.store, place.chainId, place.address);
  }

  /** @throws LaneOfService, and what the store throws */
  static async open(store: EventStore, chainId: number, address: string): Promise<LaneRecord> {
    const record = new LaneRecord({ store, chainId, address });
    await record.load(chainId);
    const works = [...record.state.open.values()].flatMap(({ attempts }) => attempts.flatMap(({ orderIds }) => orderIds));
    const foreign = works.find((work) => !isWork(work));
    if (foreign !== undefined) throw new LaneOfService(address, chainId, foreign);
    return record;
  }

  /** The open nonce that carries this work. */
  carrierOf(work: Work): OpenNonce | undefined {
    return [...this.state.open.values()].find((open) => workOf(open) === work);
  }

  async readKey(key: string): Promise<BoundKey> {
    const { bound } = await this.#keys.read(key);
    if (!bound) return { bound };
    const version = bound.version ?? (await this.versionOf(bound.hash));
    if (version === undefined) throw new TypeError(`the ledger of ${this.address} has no attempt ${bound.hash}`);
    return { bound: { ...bound, version } };
  }

  /** Where the bytes of this hash are; undefined where they are not recorded. Reads the whole ledger for what was closed long ago. */
  async versionOf(hash: string): Promise<Version | undefined> {
    const known = this.attemptOf(hash)?.version ?? this.#closed.get(hash);
    if (known !== undefined) return known;
    for await (const stored of this.store.read(this.stream)) {
      const event = laneEventOf(stored);
      if (event.kind === "attempted" && event.data.hash === hash) return stored.version;
    }
    return undefined;
  }

  /** What became of the attempt at this version. */
  async fateOf(version: Version): Promise<Fate> {
    const fate = await fateOf(this.store.read(this.stream, version));
    if (!fate) throw new TypeError(`the ledger of ${this.address} has no attempt at version ${version}`);
    return fate;
  }

  protected async commit(ledger: StreamWrite, told: readonly KeyTold[]): Promise<void> {
    await this.store.append([ledger, ...(await this.#keys.writes(told))]);
  }

  protected ended({ attempts }: OpenNonce): void {
    for (const { hash, version } of attempts) this.#closed.set(hash, version);
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
