import { formatUnits } from "ethers";
import { PRICE_DECIMALS, type SourceState } from "../src/price/feeds/index.ts";
import type { KeptAsset, PriceKeeperEvent } from "../src/price/keep/index.ts";
import { describeError, plainError, rowTable, seconds } from "./print.ts";

/** What one pass did for an asset. Prices as decimal numbers. */
export interface AssetReport {
  readonly asset: string;
  readonly assetId: bigint;
  readonly outcome: "posted" | "left" | "failed";
  /** What the sources agreed on; null where they did not. */
  readonly price: string | null;
  readonly stored: string | null;
  readonly deviationPercent: number | null;
  /** Why it was posted: first, deviation or heartbeat; why it was left: fresh. */
  readonly because: string | null;
  readonly transaction: string | null;
  readonly error: { readonly code: string | null; readonly message: string } | null;
}

export interface KeeperReport {
  readonly assets: readonly AssetReport[];
  readonly sources: readonly SourceState[];
}

export const hasFailed = (assets: readonly AssetReport[]): boolean => assets.some(({ outcome }) => outcome === "failed");

/** What a pass's events say of each asset. */
export function assetReports(assets: readonly KeptAsset[], events: readonly PriceKeeperEvent[]): AssetReport[] {
  return assets.map(({ name, assetId }) => {
    const own = events.filter((event) => event.asset === name);
    const agreed = own.find((event) => event.kind === "left" || event.kind === "proving");
    const sent = own.find((event) => event.kind === "sent");
    const wrong = own.findLast((event) => event.kind === "failed" || event.kind === "dropped" || event.kind === "trouble");
    const isPosted = own.findLast(({ kind }) => kind === "posted" || kind === "unconfirmed")?.kind === "posted";
    const outcome = isPosted ? "posted" : agreed?.kind === "left" ? "left" : "failed";
    return {
      ...{ asset: name, assetId, outcome },
      price: agreed ? priceOf(agreed.price) : null,
      stored: agreed && agreed.stored > 0n ? priceOf(agreed.stored) : null,
      deviationPercent: agreed?.deviationPercent ?? null,
      because: agreed?.because ?? null,
      transaction: sent?.hash ?? null,
      error: wrong && outcome === "failed" ? plainError(wrong.error) : null,
    };
  });
}

export function keeperTables({ assets, sources }: KeeperReport): string {
  return [
    rowTable(
      ["asset", "price", "stored", "deviation", "", "why"],
      assets.map(({ asset, price, stored, deviationPercent, outcome, because, error }) => [
        ...[asset, price ?? "-", stored ?? "-", deviationPercent === null ? "-" : `${deviationPercent.toFixed(4)} %`, outcome],
        error ? `${error.code ?? ""} ${error.message}`.trim() : (because ?? "-"),
      ]),
    ),
    rowTable(
      ["source", "last success", "failures in a row", "last failure"],
      sources.map(({ source, lastSuccessAtMs, failuresInARow, lastFailure }) => [
        ...[
          source,
          lastSuccessAtMs === undefined ? "never" : new Date(lastSuccessAtMs).toISOString(),
          failuresInARow,
          lastFailure?.code ?? "-",
        ],
      ]),
    ),
  ].join("\n");
}

export function wordsOf(event: PriceKeeperEvent): string {
  switch (event.kind) {
    case "sources":
      if (event.failed.length === 0) return `${event.asset}: every source answers again`;
      return `${event.asset}: no quote from ${event.failed.map(({ source, code }) => `${source} (${code})`).join(", ")}`;
    case "left":
      return `${event.asset}: ${priceOf(event.price)} at block ${event.block}, ${percentOf(event.deviationPercent)} from what is stored: left`;
    case "proving":
      return `${event.asset}: ${priceOf(event.price)} at block ${event.block}, to be posted: ${event.because}`;
    case "sent":
      return `${event.asset}: ${priceOf(event.price)} proven in ${seconds(event.took.witnessMs + event.took.provingMs)}, sent in ${event.hash}`;
    case "posted":
      return `${event.asset}: ${priceOf(event.price)} posted in block ${event.minedIn} by ${event.hash}`;
    case "unconfirmed":
      return `${event.asset}: the chain took back block ${event.minedIn}; ${event.hash} is on its way again`;
    case "dropped":
      return `${event.asset}: the report became too old and is made anew; ${describeError(event.error)}`;
    case "failed":
    case "trouble":
      return `${event.asset === undefined ? "" : `${event.asset}: `}${describeError(event.error)}`;
  }
}

const priceOf = (price: bigint): string => formatUnits(price, PRICE_DECIMALS);
const percentOf = (percent: number | null): string => (percent === null ? "-" : `${percent.toFixed(4)} %`);
