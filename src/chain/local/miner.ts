import type { Clock } from "../../clock.ts";
import { levelDepth } from "../../order/index.ts";
import { type Rpc, RpcRefused, RpcUnanswered } from "../rpc/rpc.ts";

/** Half the depth of final: a block that is final has long been saved. */
const aheadOfDisk = levelDepth.final / 2;

/**
 * Mines the blocks of a node that does not mine by itself.
 *
 * Race: the disk may be slower than the chain, and a kill of the node then loses blocks that were reported final.
 * Mitigation: no block is mined more than 16 beyond the last that is on disk; the chain waits for the disk. What remains:
 * nothing, a kill loses at most 16 blocks.
 */
export class Miner {
  readonly #rpc: Rpc;
  readonly #clock: Clock;
  readonly #blockMs: number;
  #saved = Number.NEGATIVE_INFINITY;

  constructor(rpc: Rpc, clock: Clock, blockTimeSeconds: number) {
    this.#rpc = rpc;
    this.#clock = clock;
    this.#blockMs = 1_000 * blockTimeSeconds;
  }

  /** This block and those below it are on disk; before the first call none is mined. */
  savedTo(block: number): void {
    this.#saved = block;
  }

  /** A block each block time, or when the disk has caught up, until `signal` aborts. */
  async mineUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = this.#clock.now();
      await this.#mine();
      const took = Math.max(0, this.#clock.now() - before);
      await this.#clock.pause(Math.max(1, this.#blockMs - took), signal);
    }
  }

  async #mine(): Promise<void> {
    try {
      if ((await headOf(this.#rpc)) < this.#saved + aheadOfDisk) await this.#rpc.request("evm_mine", []);
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }
}

export const headOf = async (rpc: Rpc): Promise<number> => Number(await rpc.request<string>("eth_blockNumber", []));

/** Whether a node that is busy may have answered so: what was asked is asked again soon. One that is gone is watched for elsewhere. */
export const isPassing = (error: unknown): boolean => error instanceof RpcUnanswered || error instanceof RpcRefused;
