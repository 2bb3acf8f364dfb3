import type { Rpc } from "../../src/chain/index.ts";
import { batch, toQuantity } from "../../src/chain/rpc/rpc.ts";
import { systemClock } from "../../src/clock.ts";

interface MintLog {
  readonly blockHash: string;
  readonly blockNumber: string;
  readonly topics: readonly string[];
}

/** How often the node is looked at, past the proxy; the precision of all times of inclusion. */
const lookEveryMs = 10;

/** Sees blocks as they appear at the node itself, and when. */
export class BlockWatch implements AsyncDisposable {
  /** The first that it watches. */
  readonly firstBlock: number;
  readonly #rpc: Rpc;
  readonly #filter: { readonly address: string; readonly topics: readonly string[] };
  readonly #seenAt = new Map<string, number>();
  readonly #stopped = new AbortController();
  readonly #minted = new Map<number, readonly string[]>();
  #last: number;
  #loop: Promise<void> = Promise.resolve();

  private constructor(rpc: Rpc, filter: { address: string; topics: readonly string[] }, last: number) {
    this.#rpc = rpc;
    this.#filter = filter;
    this.#last = last;
    this.firstBlock = last + 1;
  }

  /** Watches mints: logs of this contract with this topic, whose second topic names the mint. */
  static async start(rpc: Rpc, contract: string, topic: string): Promise<BlockWatch> {
    const watch = new BlockWatch(rpc, { address: contract, topics: [topic] }, await height(rpc));
    watch.#loop = watch.#run();
    return watch;
  }

  /** Different mints in the blocks seen so far, those that were reorganised away not counted. */
  get minted(): number {
    return new Set([...this.#minted.values()].flat()).size;
  }

  /** Replaces the newest blocks by empty ones; what was in them is forgotten by the node. */
  async reorg(depth: number): Promise<void> {
    await this.#rpc.request("anvil_reorg", [depth, []]);
    this.#last -= depth;
    for (const number of this.#minted.keys()) if (number > this.#last) this.#minted.delete(number);
  }

  /** When the block was first seen, ms since the epoch. */
  seenAt(blockHash: string): number | undefined {
    return this.#seenAt.get(blockHash);
  }

  /** Resolves when every block that is there now was seen. */
  async settled(): Promise<void> {
    const head = await height(this.#rpc);
    while (this.#last < head) await systemClock.pause(lookEveryMs);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#look();
      await systemClock.pause(lookEveryMs, this.#stopped.signal);
    }
  }

  async #look(): Promise<void> {
    const head = await height(this.#rpc);
    const from = this.#last + 1;
    if (head < from) return;
    const now = Date.now();
    const numbers = Array.from({ length: head - from + 1 }, (_, i) => toQuantity(from + i));
    const blocks = await batch<{ hash: string }>(
      this.#rpc,
      numbers.map((number) => ({ method: "eth_getBlockByNumber", params: [number, false] })),
    );
    const logs = await mintLogs(this.#rpc, this.#filter, from, head);
    if (this.#last + 1 !== from) return; // reorganised meanwhile: look again
    for (const { hash } of blocks) this.#seenAt.set(hash, now);
    for (const number of numbers) {
      this.#minted.set(
        Number(number),
        logs.filter(({ blockNumber }) => blockNumber === number).map(({ topics }) => topics[1] ?? ""),
      );
    }
    this.#last = head;
  }
}

const height = async (rpc: Rpc): Promise<number> => Number(await rpc.request<string>("eth_blockNumber", []));

export function mintLogs(
  rpc: Rpc,
  filter: { readonly address: string; readonly topics: readonly string[] },
  from: number,
  to: number,
): Promise<MintLog[]> {
  return rpc.request<MintLog[]>("eth_getLogs", [{ ...filter, fromBlock: toQuantity(from), toBlock: toQuantity(to) }]);
}
