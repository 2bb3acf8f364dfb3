import type { Json, StoredEvent, StreamId, Version } from "../store/event-store.ts";
import { UnreadableLease } from "./errors.ts";
import type { ShardMap } from "./routing.ts";
import { isShardCount } from "./shards.ts";

/** What happens to a contract's voucher numbers. */
export type NumberEvent =
  /** Users are spread over so many shards from here on. */
  | { readonly kind: "mapped"; readonly data: { readonly version: number; readonly shards: number } }
  /** The shard is another node's; what is left of the former one's blocks is skipped. */
  | { readonly kind: "moved"; readonly data: { readonly shard: number; readonly node: string; readonly epoch: number } }
  /**
   * Whole words of the bitmap are the node's alone. `firstWord` is decimal, as it may pass 2^53. Without a shard it is for
   * whoever the node is, outside of all shards; such are also the leases of the time before shards.
   */
  | {
      readonly kind: "leased";
      readonly data: {
        readonly firstWord: string;
        readonly words: number;
        readonly epoch: number;
        readonly shard?: number;
        readonly node?: string;
      };
    };

/** A shard's owner, and the sums of what was leased for it. */
export interface Holding {
  readonly node: string;
  /** Version of the event that gave the shard to the node: grows with each owner, and so fences off the former ones. */
  readonly epoch: number;
  readonly leases: number;
  readonly words: number;
  /** Every number that was ever given out in the shard is below this word. */
  readonly endWord: bigint;
}

/** A contract's voucher numbers as their events made them. */
export interface NumberState {
  readonly version: Version;
  /** The first word that nobody has leased. */
  readonly freeWord: bigint;
  /** Undefined before anything was recorded. */
  readonly map: ShardMap | undefined;
  readonly holdings: ReadonlyMap<number, Holding>;
  /** Sums over all leases. */
  readonly leases: number;
  readonly words: number;
}

export const noNumbers = (firstWord: bigint): NumberState => ({
  ...{ version: 0, freeWord: firstWord, map: undefined, holdings: new Map() },
  ...{ leases: 0, words: 0 },
});

/** The stream that says which words of a contract's bitmap are leased, to whom, and how users are spread over shards. */
export function voucherNumbersStream(chainId: number, minter: string): StreamId {
  return `voucher-numbers/${chainId}/${minter.toLowerCase()}`;
}

/** The numbers after further events. Pure: what it changes is a copy, one for all of them. */
export function evolveNumbers(state: NumberState, events: Iterable<NumberEvent>): NumberState {
  let next = draftOf(state);
  for (const event of events) next = evolveDraft(next, event);
  return next;
}

/** A state whose holdings are the caller's alone, for `evolveDraft`. */
export const draftOf = (state: NumberState): NumberState => ({ ...state, holdings: new Map(state.holdings) });

/** The draft after an event; its holdings are changed in place, since copying them for each event would cost a square. */
export function evolveDraft(draft: NumberState, event: NumberEvent): NumberState {
  const next = { ...draft, version: draft.version + 1 };
  const holdings = draft.holdings as Map<number, Holding>;
  switch (event.kind) {
    case "mapped":
      return { ...next, map: event.data };
    case "moved": {
      const { shard, node, epoch } = event.data;
      holdings.set(shard, { ...(holdings.get(shard) ?? { leases: 0, words: 0, endWord: 0n }), node, epoch });
      return next;
    }
    case "leased": {
      const { firstWord, words, shard, node, epoch } = event.data;
      const freeWord = BigInt(firstWord) + BigInt(words);
      if (shard !== undefined && node !== undefined) {
        const former = holdings.get(shard) ?? { leases: 0, words: 0 };
        holdings.set(shard, { node, epoch, leases: former.leases + 1, words: former.words + words, endWord: freeWord });
      }
      return { ...next, freeWord, leases: draft.leases + 1, words: draft.words + words };
    }
  }
}

/** @throws UnreadableLease where the event is none that this version of mintd writes. */
export function numberEventOf({ stream, version, kind, data }: StoredEvent): NumberEvent {
  const event = { kind, data } as unknown as NumberEvent;
  if (!isReadable(event)) throw new UnreadableLease(stream, version);
  return event;
}

function isReadable({ kind, data }: NumberEvent): boolean {
  if (typeof data !== "object" || (data as unknown) === null) return false;
  switch (kind) {
    case "mapped":
      return isCount(data.version) && isShardCount(data.shards);
    case "moved":
      return isIndex(data.shard) && typeof data.node === "string" && isCount(data.epoch);
    case "leased":
      return /^[0-9]{1,17}$/.test(text(data.firstWord)) && isCount(data.words) && isCount(data.epoch) && isHolder(data);
    default:
      return false;
  }
}

/** Shard and node stand together, or neither or the node alone. */
const isHolder = ({ shard, node }: { readonly shard?: unknown; readonly node?: unknown }): boolean =>
  (node === undefined || typeof node === "string") && (shard === undefined || (isIndex(shard) && node !== undefined));

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const isIndex = (value: unknown): boolean => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isCount = (value: unknown): boolean => isIndex(value) && value !== 0;

/** A state as a snapshot keeps it. */
export function numbersToSnapshot({ freeWord, holdings, map, ...rest }: NumberState): Json {
  const kept = [...holdings].map(([shard, { endWord, ...each }]) => ({ shard, ...each, endWord: endWord.toString() }));
  return { ...rest, freeWord: freeWord.toString(), holdings: kept, ...(map && { map: { ...map } }) };
}

/** @param data what `numbersToSnapshot` made; only mintd writes it. */
export function numbersFromSnapshot(data: Json): NumberState {
  const { freeWord, holdings, map, ...rest } = data as unknown as Kept;
  return {
    ...rest,
    map,
    freeWord: BigInt(freeWord),
    holdings: new Map(holdings.map(({ shard, endWord, ...each }) => [shard, { ...each, endWord: BigInt(endWord) }])),
  };
}

interface Kept extends Omit<NumberState, "freeWord" | "holdings"> {
  readonly freeWord: string;
  readonly holdings: readonly (Omit<Holding, "endWord"> & { readonly shard: number; readonly endWord: string })[];
}
