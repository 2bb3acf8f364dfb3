import pLimit from "p-limit";
import type { EventStore, Json, NewEvent, StreamId, Version } from "../store/event-store.ts";

/** A call whose end somebody is to hear. */
export interface WantedCall {
  /** Of its transaction in the account's record. */
  readonly key: string;
  /** What it is for, in words. */
  readonly what: string;
  /** Null: a deployment. */
  readonly to: string | null;
  readonly data: string;
  /** In wei, decimal. */
  readonly value: string;
}

type CallEvent =
  /** It is about to be signed. */
  | { readonly kind: "wanted"; readonly data: WantedCall }
  /** Its end was told, or it never was recorded. */
  | { readonly kind: "heard"; readonly data: { readonly key: string } };

/** Events between two snapshots: so many are read at most when it is opened. */
const eventsBetweenSnapshots = 256;

/**
 * Which of an account's calls nobody has heard the end of, in a stream beside the account's record.
 *
 * Race: the process ends between a broadcast and the word of its end. Mitigation: a call is written here before it is signed
 * and struck off after its end was told, so the next process knows what to tell first. What remains: an end that is told
 * twice.
 */
export class Unheard {
  readonly #store: EventStore;
  readonly #stream: StreamId;
  readonly #inTurn = pLimit(1);
  readonly #open = new Map<string, WantedCall>();
  #version: Version = 0;
  #sinceSnapshot = 0;

  private constructor(store: EventStore, chainId: number, address: string) {
    this.#store = store;
    this.#stream = `calls/${chainId}/${address.toLowerCase()}`;
  }

  /** @throws what the store throws */
  static async open(store: EventStore, chainId: number, address: string): Promise<Unheard> {
    const unheard = new Unheard(store, chainId, address);
    await unheard.#read();
    return unheard;
  }

  /** Oldest first. */
  get calls(): readonly WantedCall[] {
    return [...this.#open.values()];
  }

  /** Durable when it resolves. */
  want(wanted: Omit<WantedCall, "key">): Promise<WantedCall> {
    return this.#inTurn(async () => {
      const call = { key: `call-${this.#version + 1}`, ...wanted };
      await this.#append([{ kind: "wanted", data: call }]);
      return call;
    });
  }

  /** Strikes these off. Those that are already are left. */
  heard(keys: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const open = keys.filter((key) => this.#open.has(key));
      if (open.length > 0) await this.#append(open.map((key) => ({ kind: "heard", data: { key } })));
    });
  }

  async #read(): Promise<void> {
    const snapshot = (await this.#store.loadSnapshot(this.#stream))?.data as unknown as State | undefined;
    if (snapshot) {
      this.#version = snapshot.version;
      for (const call of snapshot.open) this.#open.set(call.key, call);
    }
    for await (const { kind, data } of this.#store.read(this.#stream, this.#version + 1)) {
      this.#apply({ kind, data } as unknown as CallEvent);
    }
    await this.#saveSnapshot();
  }

  async #append(events: readonly CallEvent[]): Promise<void> {
    await this.#store.append([{ stream: this.#stream, expected: this.#version, events: events as unknown as readonly NewEvent[] }]);
    for (const event of events) this.#apply(event);
  }

  #apply(event: CallEvent): void {
    this.#version++;
    this.#sinceSnapshot++;
    if (event.kind === "wanted") this.#open.set(event.data.key, event.data);
    else this.#open.delete(event.data.key);
  }

  async #saveSnapshot(): Promise<void> {
    if (this.#sinceSnapshot < eventsBetweenSnapshots) return;
    const data = { version: this.#version, open: this.calls } as unknown as Json;
    await this.#store.saveSnapshot(this.#stream, { position: await this.#store.head(), data });
    this.#sinceSnapshot = 0;
  }
}

interface State {
  readonly version: Version;
  readonly open: readonly WantedCall[];
}
