import type { EventStore, NewEvent, StreamId, StreamWrite, Version } from "../store/event-store.ts";
import { InvalidKey } from "./errors.ts";

/** Which attempt. */
interface Place {
  readonly nonce: number;
  readonly hash: string;
  /** Where in the account's ledger its bytes are. Early events do not say it: then the ledger is searched for the hash. */
  readonly version?: Version | undefined;
}

/** What a key's stream says of it. */
export type KeyEvent =
  /** The key's transaction has this nonce; again where it had to find another one. */
  | { readonly kind: "bound"; readonly data: Place & { readonly content: string } }
  /** It is final. */
  | { readonly kind: "settled"; readonly data: Place & { readonly succeeded: boolean } }
  /** A no-op is final in its place: the key is free. */
  | { readonly kind: "released"; readonly data: { readonly nonce: number; readonly hash: string } };

/** A key as its events made it. */
export interface KeyState {
  readonly version: Version;
  /** Undefined where the key is free. */
  readonly bound: (Place & { readonly content: string }) | undefined;
}

/** The name under which an attempt carries its work: a key of the caller's, or the hash of its own first attempt. */
export type Work = `key:${string}` | `tx:${string}`;

export const workOfKey = (key: string): Work => `key:${key}`;
export const workOfHash = (hash: string): Work => `tx:${hash}`;
/** Whether a durable sender wrote it, and not a service of orders. */
export const isWork = (name: string): name is Work => name.startsWith("key:") || name.startsWith("tx:");
export const keyOfWork = (work: string): string | undefined => (work.startsWith("key:") ? work.slice(4) : undefined);

const longest = 256;

/** @throws InvalidKey */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== "string" || key.length === 0) throw new InvalidKey("must be a string that is not empty");
  if (key.length > longest) throw new InvalidKey(`must have at most ${longest} characters`);
  if (key.includes("\0") || !key.isWellFormed()) throw new InvalidKey("holds a NUL or half a surrogate pair");
}

/** The keys of one account on one chain, each a stream, so that a key is found without reading what else was ever sent. */
export class Keys {
  readonly #store: EventStore;
  readonly #prefix: string;

  constructor(store: EventStore, chainId: number, address: string) {
    this.#store = store;
    this.#prefix = `sent/${chainId}/${address.toLowerCase()}/`;
  }

  async read(key: string): Promise<KeyState> {
    let state: KeyState = { version: 0, bound: undefined };
    for await (const { kind, data } of this.#store.read(this.#stream(key))) {
      state = evolveKey(state, { kind, data } as unknown as KeyEvent);
    }
    return state;
  }

  /** One write for each key, at its present version; for the one owner of these keys, in turn. */
  async writes(events: readonly { readonly key: string; readonly event: KeyEvent }[]): Promise<StreamWrite[]> {
    const keys = [...new Set(events.map(({ key }) => key))];
    if (keys.length === 0) return [];
    const versions = await this.#store.versions(keys.map((key) => this.#stream(key)));
    return keys.map((key, i) => ({
      stream: this.#stream(key),
      expected: versions[i] ?? 0,
      events: events.filter((each) => each.key === key).map(({ event }) => event as unknown as NewEvent),
    }));
  }

  #stream(key: string): StreamId {
    return this.#prefix + key;
  }
}

function evolveKey(state: KeyState, event: KeyEvent): KeyState {
  const version = state.version + 1;
  switch (event.kind) {
    case "bound":
      return { version, bound: event.data };
    case "settled":
      return { version, bound: state.bound && { content: state.bound.content, ...placeOf(event.data) } };
    case "released":
      return { version, bound: undefined };
  }
}

const placeOf = ({ nonce, hash, version }: Place): Place => ({ nonce, hash, version });
