import type { Clock } from "../clock.ts";
import { priceKeeperCatalogue } from "./catalogue/index.ts";
import { codeOf } from "./describe.ts";
import { type KeeperMeter, KeeperTelemetry } from "./keeper.ts";
import { OnItsWay } from "./on-its-way.ts";
import { createMetrics, type MetricsOf } from "./registry.ts";

/** What the sources agreed on, beside what is stored. */
interface Agreed {
  readonly asset: string;
  /** Null where nothing is stored. */
  readonly deviationPercent: number | null;
  /** The stored price's second, by the chain's time; 0 where nothing is. */
  readonly storedAt: number;
}

/** What a keeper of prices tells, as far as it matters here, and the blocks that it looks at. */
export type PriceKeeperNews =
  | { readonly kind: "block"; readonly number: number; readonly timestamp: bigint }
  | { readonly kind: "sources"; readonly asset: string; readonly failed: readonly { readonly source: string; readonly code: string }[] }
  | ({ readonly kind: "left" } & Agreed)
  | ({ readonly kind: "proving" } & Agreed)
  | { readonly kind: "sent"; readonly asset: string; readonly hash: string; readonly backend: string; readonly took: Took }
  | { readonly kind: "posted"; readonly asset: string; readonly first: string; readonly quotedAt: number }
  | { readonly kind: "unconfirmed"; readonly asset: string; readonly first: string }
  | {
      readonly kind: "dropped" | "failed" | "trouble";
      readonly asset?: string;
      /** The first hash of the transaction that came to nothing, where one was sent. */
      readonly first?: string;
      readonly error: unknown;
    };

interface Took {
  readonly witnessMs: number;
  readonly provingMs: number;
}

export interface PriceKeeperTelemetryOptions {
  readonly clock: Pick<Clock, "now">;
  /** Names of the assets that are kept. */
  readonly assets: readonly string[];
}

/** The metrics of a keeper of prices. */
export function priceKeeperTelemetry(options: PriceKeeperTelemetryOptions): KeeperTelemetry<PriceKeeperNews> {
  const { registry, metrics } = createMetrics(priceKeeperCatalogue);
  return new KeeperTelemetry(registry, metrics, new PriceKeeperMeter(metrics, options));
}

/** Kinds of events that an asset has. */
const kinds = ["sources", "left", "proving", "sent", "posted", "unconfirmed", "dropped", "failed", "trouble"] as const;

/** What is known of an asset. Times of prices are Unix seconds by the chain's time. */
interface Known {
  /** The stored price's second as it was read last, or posted since; 0 where nothing is stored, or known. */
  storedAt: number;
  /** What it was before each post that a reorg may take back, by the hash of its first attempt. */
  readonly before: Map<string, number>;
  /** When the sources last agreed, in milliseconds since the epoch. */
  agreedAtMs: number | undefined;
  /** Sources without a quote, and why. */
  failed: readonly { readonly source: string; readonly code: string }[];
}

class PriceKeeperMeter implements KeeperMeter<PriceKeeperNews> {
  readonly #metrics: MetricsOf<typeof priceKeeperCatalogue>;
  readonly #clock: Pick<Clock, "now">;
  readonly #assets = new Map<string, Known>();
  readonly #onItsWay = new OnItsWay();
  /** The newest block, and when it was first seen. */
  #block: { readonly number: number; readonly timestamp: number; readonly seenAtMs: number } | undefined;

  constructor(metrics: MetricsOf<typeof priceKeeperCatalogue>, { clock, assets }: PriceKeeperTelemetryOptions) {
    this.#metrics = metrics;
    this.#clock = clock;
    for (const asset of assets) {
      this.#assets.set(asset, { storedAt: 0, before: new Map(), agreedAtMs: undefined, failed: [] });
      // From 0 on, so that a first event is an increase.
      for (const kind of kinds) metrics.events.inc({ asset, kind }, 0);
    }
    metrics.events.inc({ kind: "trouble" }, 0);
    metrics.block.remove();
  }

  hear(news: PriceKeeperNews): void {
    if (news.kind === "block") {
      this.#look(news);
      return;
    }
    const { kind, asset } = news;
    const of = asset === undefined ? {} : { asset };
    this.#metrics.events.inc({ ...of, kind });
    if ("error" in news) this.#metrics.errors.inc({ ...of, kind, code: codeOf(news.error) });
    const known = asset === undefined ? undefined : this.#assets.get(asset);
    if (asset === undefined || !known) return;
    if (news.kind === "sources") this.#tellSources(asset, known, news.failed);
    else if (news.kind === "left" || news.kind === "proving") this.#agree(news, known);
    else this.#follow(asset, known, news);
  }

  collect(): void {
    const { priceAge, agreedAge, inFlight, inFlightAge, block, blockAge } = this.#metrics;
    const now = this.#clock.now();
    for (const [asset, known] of this.#assets) {
      priceAge.set({ asset }, this.#ageOf(known, now));
      agreedAge.set({ asset }, secondsSince(known.agreedAtMs, now));
      inFlightAge.set({ asset }, this.#onItsWay.age(now, asset) / 1_000);
    }
    inFlight.set(this.#onItsWay.count);
    if (this.#block) block.set(this.#block.number);
    blockAge.set(secondsSince(this.#block?.seenAtMs, now));
  }

  #look({ number, timestamp }: { readonly number: number; readonly timestamp: bigint }): void {
    const at = Number(timestamp);
    if (this.#block?.number === number && this.#block.timestamp === at) return;
    this.#block = { number, timestamp: at, seenAtMs: this.#clock.now() };
  }

  #tellSources(asset: string, known: Known, failed: Known["failed"]): void {
    const { sourceFailing } = this.#metrics;
    for (const { source, code } of known.failed) sourceFailing.set({ asset, source, code }, 0);
    for (const { source, code } of failed) sourceFailing.set({ asset, source, code }, 1);
    known.failed = failed;
  }

  #agree({ asset, deviationPercent, storedAt }: Agreed, known: Known): void {
    known.storedAt = storedAt;
    known.agreedAtMs = this.#clock.now();
    if (deviationPercent === null) this.#metrics.deviation.remove({ asset });
    else this.#metrics.deviation.set({ asset }, Math.round(deviationPercent * 10_000) / 100);
  }

  /** What becomes of a report. */
  #follow(asset: string, known: Known, news: Exclude<PriceKeeperNews, { readonly kind: "block" | "sources" | "left" | "proving" }>): void {
    if (news.kind === "sent") {
      const { backend, took, hash } = news;
      this.#onItsWay.began(hash, asset, this.#clock.now());
      this.#metrics.proof.observe({ backend }, (took.witnessMs + took.provingMs) / 1_000);
    } else if (news.kind === "unconfirmed") {
      takeBack(known, news.first);
      this.#onItsWay.began(news.first, asset, this.#clock.now());
    } else if (news.kind === "posted") {
      post(known, news);
      this.#onItsWay.ended(news.first);
    } else if (news.first !== undefined) {
      this.#onItsWay.ended(news.first);
    }
  }

  /** Seconds by the chain's time, which goes on between blocks. */
  #ageOf({ storedAt }: Known, now: number): number {
    if (storedAt === 0 || !this.#block) return Infinity;
    return Math.max(0, this.#block.timestamp - storedAt + secondsSince(this.#block.seenAtMs, now));
  }
}

/** Posts of an asset that are remembered: a block has one at most, and no reorg that keepers live through is deeper. */
const mostPosts = 64;

function post(known: Known, { first, quotedAt }: { readonly first: string; readonly quotedAt: number }): void {
  const { before, storedAt } = known;
  before.set(first, storedAt);
  const [oldest] = before.keys();
  if (before.size > mostPosts && oldest !== undefined) before.delete(oldest);
  known.storedAt = quotedAt;
}

/** A pass may have read what is taken back, so what was stored is no newer than before the post. */
function takeBack(known: Known, first: string): void {
  known.storedAt = Math.min(known.storedAt, known.before.get(first) ?? Infinity);
  known.before.delete(first);
}

/** Infinite where it never was; a clock that is set back makes no time negative. */
const secondsSince = (atMs: number | undefined, now: number): number => (atMs === undefined ? Infinity : Math.max(0, now - atMs) / 1_000);
