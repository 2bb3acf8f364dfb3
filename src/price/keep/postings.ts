import type { Block, Mined } from "../../cast/index.ts";
import { isRpcError } from "../../chain/rpc/rpc.ts";
import type { Posting } from "./chain.ts";
import { eventOf, type KeptAsset, type PriceKeeperEvent, type Report } from "./events.ts";

interface Sent {
  readonly assetId: bigint;
  readonly report: Report;
  readonly posting: Posting;
  mined: Mined | undefined;
}

/**
 * Reports that were sent, until their receipts are so deep that no reorg takes them back.
 *
 * Race: a node that lags behind shows an asset as it was before its report was mined, and a reorg takes a receipt back.
 * Mitigation: an asset is busy until the receipt of its last report lies at or below the block that is read, and a report whose
 * receipt is gone is handed over again. No report is made for a block at or below that of one that was sent.
 * What remains: a transaction that its fees keep out of blocks holds up its asset until the account has replaced it.
 */
export class Postings {
  readonly #sent = new Set<Sent>();
  /** By asset: the block of the newest report that was sent. */
  readonly #newest = new Map<bigint, number>();
  readonly #finalDepth: number;

  constructor(finalDepth: number) {
    this.#finalDepth = finalDepth;
  }

  /** How many are on their way. */
  get inFlight(): number {
    return [...this.#sent].filter(({ mined }) => mined === undefined).length;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#sent.size;
  }

  put({ assetId }: KeptAsset, report: Report, posting: Posting): void {
    this.#newest.set(assetId, report.block);
    this.#sent.add({ assetId, report, posting, mined: undefined });
  }

  /** Whether a report of the asset at this block would come too early, or again. */
  isBusy({ assetId }: KeptAsset, at: Pick<Block, "number">): boolean {
    if ((this.#newest.get(assetId) ?? -1) >= at.number) return true;
    return [...this.#sent].some((sent) => sent.assetId === assetId && (sent.mined === undefined || sent.mined.block > at.number));
  }

  /** Asks what became of all of them, as of this block. @throws RpcUnanswered, RpcRefused */
  async settle(at: Pick<Block, "number">, onEvent: (event: PriceKeeperEvent) => void): Promise<void> {
    for (const sent of this.#sent) {
      const { posting, report } = sent;
      const { hash } = posting;
      try {
        const mined = await posting.receipt();
        if (mined && !sent.mined) onEvent({ kind: "posted", hash, minedIn: mined.block, ...report });
        sent.mined = mined;
        if (mined && mined.block + this.#finalDepth <= at.number) this.#sent.delete(sent);
      } catch (error) {
        if (isRpcError(error)) throw error;
        this.#sent.delete(sent);
        onEvent(eventOf(error, report.asset, hash));
      }
    }
  }
}
