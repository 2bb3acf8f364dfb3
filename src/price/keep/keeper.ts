import type { Block } from "../../cast/index.ts";
import type { Clock } from "../../clock.ts";
import type { ProofContext } from "../context.ts";
import type { SourceKey } from "../eddsa.ts";
import type { Enclave } from "../enclave/index.ts";
import { NotAsRegistered } from "../errors.ts";
import type { Collected, FailedSource } from "../feeds/index.ts";
import type { ProofCache, Proven } from "../prove/index.ts";
import { quotedFrom, unpackReport } from "../public-inputs.ts";
import { assertQuorumFits } from "../quorum.ts";
import { type ReportRequest, requestAt } from "../report.ts";
import { sourcesRoot } from "../sources.ts";
import { blockAfter } from "./block-after.ts";
import type { PriceChain, PriceState } from "./chain.ts";
import { eventOf, type KeptAsset, type PriceKeeperEvent } from "./events.ts";
import { Postings } from "./postings.ts";
import { type Freshness, verdictOn } from "./verdict.ts";

export interface PriceKeeperParts {
  readonly chain: PriceChain;
  readonly enclave: Enclave;
  /** Over a prover that stays loaded. */
  readonly proofs: Pick<ProofCache, "prove">;
  /** Asks the sources of an asset. @throws the signal's reason */
  readonly collect: (asset: KeptAsset, signal: AbortSignal) => Promise<Collected>;
  /** The circuit's sources, in their registered order. */
  readonly sources: readonly SourceKey[];
  /** What proofs are for; anybody may post them. */
  readonly use: Omit<ProofContext, "recipient">;
  /** For messages. */
  readonly registry: { readonly circuit: string; readonly network: string };
  readonly freshness: Freshness;
  readonly clock: Clock;
  /** How often a block is waited for that is not before the newest quote. */
  readonly pollMs: number;
  readonly onEvent: (event: PriceKeeperEvent) => void;
}

/**
 * Keeps the prices of assets fresh. Each asset goes its own way: one that waits, fails or is slow holds up no other, and what
 * goes wrong with it costs its pass alone. Nothing is remembered but what is on its way and, of each asset, its last block.
 */
export class PriceKeeper {
  readonly #parts: PriceKeeperParts;
  readonly #assets: readonly KeptAsset[];
  readonly #root: bigint;
  readonly #postings: Postings;
  readonly #running = new Map<KeptAsset, Promise<void>>();
  #handingOver = 0;
  /** Sources without a quote as they were told last. */
  readonly #failed = new Map<KeptAsset, string>();

  /** @throws InvalidSourceSet */
  constructor(assets: readonly KeptAsset[], parts: PriceKeeperParts) {
    this.#assets = assets;
    this.#parts = parts;
    this.#root = sourcesRoot(parts.sources);
    this.#postings = new Postings(parts.chain.teller, parts.onEvent);
  }

  /** How many reports are on their way. */
  get inFlight(): number {
    return this.#postings.inFlight;
  }

  /** How many reports are proven, and being signed and handed over: no signal stops that. */
  get handingOver(): number {
    return this.#handingOver;
  }

  /** How many reports are remembered: those on their way, and those that a reorg may still take back. */
  get remembered(): number {
    return this.#postings.size;
  }

  /**
   * A pass of every asset that has none under way and no report on its way, all at the same time. Resolves when they are done.
   * Never rejects: what goes wrong is told. Once the signal aborts, proofs are given up and nothing more is sent.
   */
  async pass(at: Block, signal: AbortSignal): Promise<void> {
    const free = this.#assets.filter((asset) => !this.#running.has(asset) && !this.#postings.isBusy(asset, at));
    await Promise.all(
      free.map((asset) => {
        const done = this.#passOf(asset, signal).catch((error: unknown) => {
          if (!signal.aborted || error !== signal.reason) this.#parts.onEvent(eventOf(error, asset.name));
        });
        const over = done.finally(() => this.#running.delete(asset));
        this.#running.set(asset, over);
        return over;
      }),
    );
  }

  /** Resolves when no pass is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Asks what became of all that was sent. One that cannot be read is told, and hinders none of the others. */
  settle(): Promise<void> {
    return this.#postings.settle();
  }

  async #passOf(asset: KeptAsset, signal: AbortSignal): Promise<void> {
    const { chain, enclave, proofs, collect, sources, use, freshness, clock, pollMs, onEvent } = this.#parts;
    const { quotes, failed } = await collect(asset, signal);
    this.#tellSources(asset, failed);
    const at = await blockAfter(quotes, () => chain.newest(), { assetId: asset.assetId, sources }, { clock, pollMs, signal });
    if (this.#postings.isBusy(asset, at)) return;
    const state = await chain.state(asset.assetId, at);
    this.#assertRegistered(asset, state);
    const request = requestAt({ assetId: asset.assetId, sources, use, terms: state.terms, block: at });
    const judged = async (asked: ReportRequest) => {
      const { aggregation } = await enclave.aggregate(asked, quotes);
      return { aggregation, verdict: verdictOn(state.stored, aggregation.price, at.timestamp, freshness) };
    };
    const all = await judged(request);
    // Quotes from before the stored price's second may say that it is fresh, but cannot replace it.
    const usable = all.verdict.because === "fresh" ? all : await judged({ ...request, newerThan: Number(state.stored.timestamp) });
    const { aggregation, verdict } = usable;
    const stored = { stored: state.stored.price, storedAt: Number(state.stored.timestamp) };
    const agreed = { asset: asset.name, block: at.number, price: aggregation.price, ...stored, ...verdict };
    onEvent({ kind: verdict.because === "fresh" ? "left" : "proving", ...agreed });
    if (verdict.because === "fresh") return;
    const proven = await proofs.prove(aggregation, { signal });
    signal.throwIfAborted();
    const hash = await this.#post(request, proven);
    const says = unpackReport(proven.publicInputs[0] ?? 0n);
    const report = { asset: asset.name, block: at.number, price: says.price, quotedAt: quotedFrom(says) };
    this.#postings.put(asset, report, hash);
    onEvent({ kind: "sent", hash, ...report, backend: proven.backend, took: proven.took });
  }

  async #post(request: ReportRequest, proven: Proven): Promise<string> {
    this.#handingOver++;
    try {
      return await this.#parts.chain.post(request, proven);
    } finally {
      this.#handingOver--;
    }
  }

  /** @throws NotAsRegistered, QuorumDoesNotFit */
  #assertRegistered({ name, assetId }: KeptAsset, { terms, sourcesRoot }: PriceState): void {
    const { circuit, network } = this.#parts.registry;
    if (terms.quorum === 0n) throw new NotAsRegistered(`asset ${name} without terms`, circuit, network);
    assertQuorumFits(assetId, Number(terms.quorum), this.#parts.sources.length);
    if (sourcesRoot !== this.#root) throw new NotAsRegistered(`the set of sources of asset ${name}`, circuit, network);
  }

  #tellSources(asset: KeptAsset, failed: readonly FailedSource[]): void {
    const told = failed.map(({ source, code }) => ({ source, code }));
    const words = told.map(({ source, code }) => `${source} ${code}`).join();
    if ((this.#failed.get(asset) ?? "") === words) return;
    this.#failed.set(asset, words);
    this.#parts.onEvent({ kind: "sources", asset: asset.name, failed: told });
  }
}
