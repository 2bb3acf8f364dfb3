import type { Clock } from "../../clock.ts";
import { levelDepth } from "../../order/index.ts";
import { headOf, isRpcError, type Rpc } from "../rpc/rpc.ts";

/** Half the depth of final: a block that is final has long been saved. */
export const aheadOfDisk = levelDepth.final / 2;

/** How long nothing is mined before that is told. */
const patienceMs = 5_000;

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

  /** A block each block time, or when the disk has caught up, until `signal` aborts. Tells each wait of 5 s once. */
  async mineUntil(signal: AbortSignal, onWait: () => void): Promise<void> {
    let waitedMs = 0;
    while (!signal.aborted) {
      const before = this.#clock.now();
      const mined = await this.#mine();
      const took = Math.max(0, this.#clock.now() - before);
      const pauseMs = Math.max(1, this.#blockMs - took);
      const waitedBefore = waitedMs;
      waitedMs = mined ? 0 : waitedMs + took + pauseMs;
      if (waitedBefore < patienceMs && waitedMs >= patienceMs) onWait();
      await this.#clock.pause(pauseMs, signal);
    }
  }

  /** Whether a block was mined. A node that is busy is asked again; one that is gone is watched for elsewhere. */
  async #mine(): Promise<boolean> {
    try {
      if ((await headOf(this.#rpc)) >= this.#saved + aheadOfDisk) return false;
      await this.#rpc.request("evm_mine", []);
      return true;
    } catch (error) {
      if (!isRpcError(error)) throw error;
      return false;
    }
  }
}
