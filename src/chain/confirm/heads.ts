import { levelDepth } from "../../order/events.ts";
import { FinalBlocksLost } from "../identity-errors.ts";
import { batch, type Rpc, RpcUnanswered, toQuantity } from "../rpc/rpc.ts";

/** A block as far as confirmations need it. */
export interface Header {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly logsBloom: string;
}

/** What changed since the last look. */
export interface HeadChange {
  /** Blocks that are no longer canonical, newest first. */
  readonly orphaned: readonly Header[];
  /** Blocks between the last known one and `added` that were not looked at one by one; both ends included. */
  readonly skipped?: { readonly from: number; readonly to: number };
  /** New canonical blocks, oldest first. */
  readonly added: readonly Header[];
}

/** Headers kept to find a common ancestor; more than any reorg that is not a lost final block. */
export const headerWindow = 64;

const nothing: HeadChange = { orphaned: [], added: [] };

interface RawHeader {
  readonly number: string;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: string;
  readonly logsBloom: string;
}

/**
 * Follows the canonical chain by hash. A head that is lower than the known one and lies on the same chain is a lagging
 * endpoint, not a reorg: only a block that contradicts a known one takes that one back (law 7). A chain that is one node
 * alone cannot lag behind itself: there, a lower head means that the blocks above it are lost.
 */
export class Heads {
  readonly #rpc: Rpc;
  readonly #oneNode: boolean;
  /** Canonical headers without a gap, oldest first. */
  #window: Header[];

  constructor(rpc: Rpc, window: readonly Header[], { oneNode }: { readonly oneNode: boolean }) {
    this.#rpc = rpc;
    this.#oneNode = oneNode;
    this.#window = [...window];
  }

  get tip(): Header | undefined {
    return this.#window.at(-1);
  }

  get window(): readonly Header[] {
    return this.#window;
  }

  /**
   * Whether the block of this number has this hash: by the known headers, or below them by the chain's word. Above the known
   * head nobody knows yet.
   * @throws RpcUnanswered, RpcRefused
   */
  async isCanonical(number: number, hash: string): Promise<boolean> {
    const known = this.#at(number);
    if (known) return known.hash === hash;
    if (number > (this.tip?.number ?? -1)) return false;
    return (await this.#fetch("eth_getBlockByNumber", toQuantity(number))).hash === hash;
  }

  /** Timestamp of a canonical block at or below the known head. @throws RpcUnanswered, RpcRefused */
  async secondOf(number: number): Promise<number> {
    return (this.#at(number) ?? (await this.#fetch("eth_getBlockByNumber", toQuantity(number)))).timestamp;
  }

  /** Depth of a canonical block under the known head; 0 where it is above it. */
  depthOf(block: number): number {
    return Math.max(0, (this.tip?.number ?? -1) - block + 1);
  }

  /**
   * Looks at the chain. The window moves only when the whole look succeeded, so an error leaves all as it was.
   * @throws FinalBlocksLost where a block of depth 32 or more is contradicted
   * @throws RpcUnanswered, RpcRefused
   */
  async look(): Promise<HeadChange> {
    const latest = await this.#fetch("eth_getBlockByNumber", "latest");
    const tip = this.tip;
    if (!tip) {
      // The blocks before it too: without them the first reorg, or a lag of one block, would look like a lost chain.
      this.#window = await this.#range(Math.max(0, latest.number - headerWindow + 1), latest);
      return { orphaned: [], added: [latest] };
    }
    if (latest.hash === tip.hash) return nothing;
    if (this.#at(latest.number)?.hash === latest.hash && !(await this.#isLost(latest))) return nothing;
    // Below all known headers it contradicts none of them: an endpoint that lags far.
    if (!this.#oneNode && latest.number < (this.#window[0]?.number ?? 0)) return nothing;
    const { ancestor, orphaned } = await this.#commonAncestor(latest);
    if (ancestor.hash === latest.hash) {
      this.#window = this.#window.filter((header) => header.number <= ancestor.number);
      return { orphaned, added: [] };
    }
    const from = Math.max(ancestor.number + 1, latest.number - headerWindow + 1);
    const added = await this.#range(from, latest);
    const skipped = from > ancestor.number + 1 ? { skipped: { from: ancestor.number + 1, to: from - 1 } } : {};
    if (!skipped.skipped && added[0]?.parentHash !== ancestor.hash) throw changedMeanwhile();
    const kept = skipped.skipped ? [] : this.#window.filter((header) => header.number <= ancestor.number);
    this.#window = [...kept, ...added].slice(-headerWindow);
    return { orphaned, added, ...skipped };
  }

  /** Whether the blocks above a known one are gone. A single answer may be an old one, from a cache on the way: it takes three. */
  async #isLost(latest: Header): Promise<boolean> {
    if (!this.#oneNode) return false;
    for (let reads = 1; reads < 3; reads++) {
      const again = await this.#fetch("eth_getBlockByNumber", "latest");
      if (again.number > latest.number) return false; // the next look sees it whole
    }
    return true;
  }

  #at(number: number): Header | undefined {
    const first = this.#window[0]?.number ?? 0;
    return this.#window[number - first];
  }

  /** The newest known block that is still canonical under `latest`, and the known blocks above it. */
  async #commonAncestor(latest: Header): Promise<{ ancestor: Header; orphaned: Header[] }> {
    const tip = this.tip as Header; // look() returned before where there is none
    if (latest.parentHash === tip.hash) return { ancestor: tip, orphaned: [] };
    const orphaned: Header[] = [];
    for (const known of this.#window.toReversed()) {
      const canonical = await this.#canonical(known.number, latest);
      if (canonical?.hash === known.hash) return { ancestor: known, orphaned };
      const depth = tip.number - known.number + 1;
      if (depth >= levelDepth.final)
        throw new FinalBlocksLost(known.number, known.hash, canonical ? `has ${canonical.hash} there` : "ends below it");
      orphaned.push(known);
    }
    throw new FinalBlocksLost(tip.number, tip.hash, "shares none of the recorded blocks");
  }

  async #canonical(number: number, latest: Header): Promise<Header | undefined> {
    if (number > latest.number) return undefined;
    if (number === latest.number) return latest;
    return this.#fetch("eth_getBlockByNumber", toQuantity(number));
  }

  async #range(from: number, latest: Header): Promise<Header[]> {
    const numbers = Array.from({ length: latest.number - from }, (_, i) => from + i);
    const raw = await batch<RawHeader | null>(
      this.#rpc,
      numbers.map((n) => ({ method: "eth_getBlockByNumber", params: [toQuantity(n), false] })),
    );
    const headers = [...raw.map((block) => toHeader(block)), latest];
    const linked = headers.every((header, i) => i === 0 || header.parentHash === headers[i - 1]?.hash);
    if (!linked) throw changedMeanwhile();
    return headers;
  }

  async #fetch(method: string, block: string): Promise<Header> {
    return toHeader(await this.#rpc.request<RawHeader | null>(method, [block, false]));
  }
}

function toHeader(raw: RawHeader | null): Header {
  if (raw === null) throw changedMeanwhile();
  return {
    number: Number(raw.number),
    hash: raw.hash,
    parentHash: raw.parentHash,
    timestamp: Number(raw.timestamp),
    logsBloom: raw.logsBloom,
  };
}

/** The chain moved between two reads, or two nodes answered: nothing is wrong, the next look sees it whole. */
const changedMeanwhile = (): RpcUnanswered => new RpcUnanswered("eth_getBlockByNumber", "the node", "the chain changed between two reads");
