import { MintdError } from "../error.ts";
import type { EventStore, StreamId } from "../store/event-store.ts";
import { VoucherNumbersContended } from "./errors.ts";
import {
  draftOf,
  evolveDraft,
  evolveNumbers,
  noNumbers,
  type NumberEvent,
  numberEventOf,
  numbersFromSnapshot,
  type NumberState,
  numbersToSnapshot,
} from "./number-events.ts";
import type { ShardMap } from "./routing.ts";

/** Rounds lost to other processes after which something else must be wrong. */
const MAX_CONFLICTS = 100;

/** Events after which a snapshot is kept, so that an open does not read all that ever was. */
const EVENTS_BETWEEN_SNAPSHOTS = 256;

export interface NumberLogOptions {
  readonly store: EventStore;
  readonly stream: StreamId;
  /** First word of a store that has leased nothing yet. */
  readonly firstWord: bigint;
  /** The map of a store that has none on record yet. */
  readonly defaultMap: ShardMap;
  readonly eventsBetweenSnapshots?: number | undefined;
}

/** What is to be recorded, given the state that it will follow, and what the caller gets for it. */
export interface Decision<T> {
  readonly events: readonly NumberEvent[];
  readonly value: T;
}

/** Throws where the state does not allow it. */
type Decide<T> = (state: NumberState) => Decision<T>;

/** A call that waits for its append: decided again on each state that an append is tried on, told once. */
interface Job {
  /** @returns the events, and how to tell the caller that they are on record */
  decide(state: NumberState): { readonly events: readonly NumberEvent[]; readonly tell: () => void };
  fail(error: unknown): void;
}

/**
 * The stream of a contract's voucher numbers, and the state that its events make. Every append is made at the version that
 * it was decided on, and calls that come while one is under way share the next one, and so one fsync.
 *
 * Race: the append is stored and its acknowledgement lost. Mitigation: the next append at the same version conflicts, reads
 * on, and is decided anew behind it. What remains: a caller who was told of an error though its events are on record.
 */
export class NumberLog {
  readonly #options: NumberLogOptions;
  readonly #listeners = new Set<() => void>();
  #state: NumberState;
  #waiting: Job[] = [];
  #isAppending = false;
  #sinceSnapshot = 0;

  private constructor(options: NumberLogOptions) {
    this.#options = options;
    this.#state = noNumbers(options.firstWord);
  }

  /** Reads how things stand; records nothing. @throws UnreadableLease, and what the store throws */
  static async open(options: NumberLogOptions): Promise<NumberLog> {
    const log = new NumberLog(options);
    const snapshot = await options.store.loadSnapshot(options.stream);
    if (snapshot) log.#state = numbersFromSnapshot(snapshot.data);
    await log.refresh();
    return log;
  }

  get stream(): StreamId {
    return this.#options.stream;
  }

  get state(): NumberState {
    return this.#state;
  }

  /** How users are spread over shards, as far as this process knows. */
  get map(): ShardMap {
    return this.#state.map ?? this.#options.defaultMap;
  }

  /** Called when the state has changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Reads what other processes have recorded. @throws UnreadableLease, and what the store throws */
  async refresh(): Promise<void> {
    const [version = 0] = await this.#options.store.versions([this.#options.stream]);
    const { version: from } = this.#state;
    if (version <= from) return;
    const events: NumberEvent[] = [];
    for await (const stored of this.#options.store.read(this.#options.stream, from + 1)) events.push(numberEventOf(stored));
    // Beside an append of this process, either may be the first to know: what is known already is left out.
    this.#become(evolveNumbers(this.#state, events.slice(this.#state.version - from)));
  }

  /**
   * Records what is decided, durably when it resolves. The decision is made on the present state, and made again where another
   * process was faster.
   * @throws what `decide` throws, VoucherNumbersContended, and what the store throws
   */
  record<T>(decide: Decide<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push({
      decide(state) {
        const { events, value } = decide(state);
        return {
          events,
          tell: () => {
            resolve(value);
          },
        };
      },
      fail: reject,
    });
    if (!this.#isAppending) void this.#appendWaiting();
    return promise;
  }

  /** Never throws: each job hears of its own end. */
  async #appendWaiting(): Promise<void> {
    this.#isAppending = true;
    await Promise.resolve(); // what is asked for in one go shares an append
    while (this.#waiting.length > 0) {
      const jobs = this.#waiting;
      this.#waiting = [];
      try {
        await this.#append(jobs);
      } catch (error) {
        for (const job of jobs) job.fail(error);
      }
    }
    this.#isAppending = false;
  }

  /** Nobody is told anything before the store has said that the state was the present one, be it by an append or by a look. */
  async #append(jobs: readonly Job[]): Promise<void> {
    let conflict: unknown;
    for (let round = 0; round < MAX_CONFLICTS; round++) {
      const { version } = this.#state;
      const { events, tell } = this.#decide(jobs);
      try {
        if (events.length > 0) await this.#options.store.append([{ stream: this.#options.stream, expected: version, events }]);
        else await this.refresh();
      } catch (error) {
        if (!isVersionConflict(error)) throw error;
        conflict = error;
        await this.refresh();
        continue;
      }
      if (events.length === 0 && this.#state.version > version) continue; // decided on an old state
      // A refresh of somebody else's may have read these very events, and later ones, meanwhile.
      if (this.#state.version === version) this.#become(evolveNumbers(this.#state, events));
      for (const each of tell) each();
      if (this.#sinceSnapshot >= (this.#options.eventsBetweenSnapshots ?? EVENTS_BETWEEN_SNAPSHOTS)) void this.#saveSnapshot();
      return;
    }
    throw new VoucherNumbersContended(this.#options.stream, MAX_CONFLICTS, conflict);
  }

  /** What the jobs lead to, one after the other; one that the state refuses leaves the others as they are. */
  #decide(jobs: readonly Job[]): { readonly events: readonly NumberEvent[]; readonly tell: readonly (() => void)[] } {
    let state = draftOf(this.#state);
    const events: NumberEvent[] = [];
    const take = (event: NumberEvent): void => {
      state = evolveDraft(state, event);
      events.push(event);
    };
    // The map that users are routed by is on record before the first number is given out by it.
    if (state.map === undefined) take({ kind: "mapped", data: { ...this.#options.defaultMap } });
    const first = events.length;
    const tell = jobs.map((job) => {
      try {
        const decided = job.decide(state);
        decided.events.forEach(take);
        return decided.tell;
      } catch (error) {
        return () => {
          job.fail(error);
        };
      }
    });
    return { events: events.length === first ? [] : events, tell };
  }

  #become(state: NumberState): void {
    this.#sinceSnapshot += state.version - this.#state.version;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  async #saveSnapshot(): Promise<void> {
    this.#sinceSnapshot = 0;
    try {
      const position = await this.#options.store.head();
      await this.#options.store.saveSnapshot(this.#options.stream, { position, data: numbersToSnapshot(this.#state) });
    } catch {
      // Without it the next open reads more. What is wrong with the store shows at the next lease, which nobody may miss.
    }
  }
}

/** By its stable code: the error's class belongs to the store's adapters, of which this port knows nothing. */
function isVersionConflict(error: unknown): boolean {
  return error instanceof MintdError && error.code === "VERSION_CONFLICT";
}
