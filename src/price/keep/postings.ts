import { type FateNews, type FateTeller, InFlight } from "../../cast/index.ts";
import { eventOf, type KeptAsset, type PriceKeeperEvent, type Report } from "./events.ts";

interface Posting {
  readonly assetId: bigint;
  readonly report: Report;
}

/**
 * Reports that were sent. An asset is busy while what is read under a block need not contain its last report, and no report is
 * made for a block at or below that of one that was sent.
 */
export class Postings {
  readonly #sent: InFlight<Posting>;
  /** By asset: the block of the newest report that was sent. */
  readonly #newest = new Map<bigint, number>();

  constructor(teller: FateTeller, onEvent: (event: PriceKeeperEvent) => void) {
    this.#sent = new InFlight(teller, (news) => {
      onEvent(told(news));
    });
  }

  /** How many are on their way. */
  get inFlight(): number {
    return this.#sent.count;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#sent.size;
  }

  /** @param hash of the transaction's first attempt */
  put({ assetId }: KeptAsset, report: Report, hash: string): void {
    this.#newest.set(assetId, report.block);
    this.#sent.put(hash, { assetId, report });
  }

  /** Whether a report of the asset at this block would come too early, or again. */
  isBusy({ assetId }: KeptAsset, at: { readonly number: number }): boolean {
    return (this.#newest.get(assetId) ?? -1) >= at.number || this.#sent.above(at).some((posting) => posting.assetId === assetId);
  }

  /** Asks what became of all of them. */
  settle(): Promise<void> {
    return this.#sent.settle();
  }
}

function told(news: FateNews<Posting>): PriceKeeperEvent {
  const { report } = news.of;
  switch (news.kind) {
    case "mined":
      return { kind: "posted", hash: news.hash, first: news.first, minedIn: news.block, ...report };
    case "unconfirmed":
      return { kind: "unconfirmed", hash: news.hash, first: news.first, minedIn: news.block, ...report };
    case "failed":
      return eventOf(news.error, report.asset, news);
    case "unreadable":
      return eventOf(news.error, report.asset);
  }
}
