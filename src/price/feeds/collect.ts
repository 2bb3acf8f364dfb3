import { type Clock, systemClock } from "../../clock.ts";
import type { PriceRequest } from "../aggregate.ts";
import type { Quote } from "../quote.ts";
import { FeedBroken, FeedError } from "./errors.ts";
import type { SourceHealth } from "./health.ts";
import { inTime } from "./in-time.ts";
import type { QuoteSource } from "./quote-source.ts";

export interface CollectOptions {
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Time that each source has; all are asked at once. Default 5 seconds. */
  readonly timeoutMs?: number;
  /** Told how each source did. */
  readonly health?: Pick<SourceHealth, "succeeded" | "failed">;
}

/** A source without a quote, and why. */
export interface FailedSource {
  readonly source: string;
  /** The error's, by itself for reports. */
  readonly code: string;
  readonly error: FeedError;
}

export interface Collected {
  /** In the order of the sources. Signed, not judged: `aggregate` does that. */
  readonly quotes: readonly Quote[];
  readonly failed: readonly FailedSource[];
}

type Outcome = { readonly quote: Quote } | FailedSource;

/**
 * Asks all sources at the same time. One that fails or hangs costs its own quote and no more than `timeoutMs`.
 *
 * @example
 * const { quotes, failed } = await collectQuotes(sources, { assetId }, { signal });
 * const { price, inputs } = aggregate(request, quotes); // refuses with 0x10 to 0x17
 * @throws the signal's reason, once it aborts; nothing else
 */
export async function collectQuotes(
  sources: readonly QuoteSource[],
  { assetId }: Pick<PriceRequest, "assetId">,
  { signal, clock = systemClock, timeoutMs = 5_000, health }: CollectOptions,
): Promise<Collected> {
  const ask = async (source: QuoteSource): Promise<Outcome> => {
    const { name } = source;
    try {
      const quote = await inTime({ name, timeoutMs, clock, signal }, (ends) => source.quote(assetId, ends));
      health?.succeeded(name, clock.now());
      return { quote };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = thrown instanceof FeedError ? thrown : new FeedBroken(name, thrown);
      health?.failed(name, error.code, clock.now());
      return { source: name, code: error.code, error };
    }
  };
  const outcomes = await Promise.all(sources.map(ask));
  return {
    quotes: outcomes.flatMap((outcome) => ("quote" in outcome ? [outcome.quote] : [])),
    failed: outcomes.flatMap((outcome) => ("quote" in outcome ? [] : [outcome])),
  };
}
