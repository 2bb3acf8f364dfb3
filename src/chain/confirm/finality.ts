import { levelDepth } from "../../order/events.ts";
import { type Rpc, RpcRefused } from "../rpc/rpc.ts";

/**
 * From when on a mint counts as final. `depth`: 32 canonical blocks, which no reorg of a healthy chain has reached.
 * `finalized`: besides, the chain's own word for it (the node's `finalized` block), which takes two epochs on Ethereum and
 * the publication on L1 on Base: later, and true even where the chain is not healthy.
 */
export type FinalityRule = "depth" | "finalized";

/** The newest block that is final under a head. */
export class Finality {
  readonly #rpc: Rpc;
  readonly #rule: FinalityRule;
  #finalized = -1;

  constructor(rpc: Rpc, rule: FinalityRule) {
    this.#rpc = rpc;
    this.#rule = rule;
  }

  /**
   * Number of the newest final block under the head of this height; negative where there is none yet. Never goes back.
   * @throws RpcUnanswered; a node that does not know the tag has no final block, so nothing becomes final by it
   */
  async under(head: number): Promise<number> {
    const byDepth = head - levelDepth.final + 1;
    if (this.#rule === "depth") return byDepth;
    this.#finalized = Math.max(this.#finalized, await this.#ask());
    return Math.min(byDepth, this.#finalized);
  }

  async #ask(): Promise<number> {
    try {
      const block = await this.#rpc.request<{ readonly number: string } | null>("eth_getBlockByNumber", ["finalized", false]);
      return block === null ? -1 : Number(block.number);
    } catch (error) {
      if (error instanceof RpcRefused) return -1; // e.g. "finalized block not found", before a chain has one
      throw error;
    }
  }
}
