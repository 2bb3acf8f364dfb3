import type { Block, Fate, FateTeller } from "../../../../src/cast/index.ts";
import { RpcUnanswered } from "../../../../src/chain/index.ts";
import { LocalEnclave } from "../../../../src/price/enclave/index.ts";
import { collectQuotes, FeedUnreachable, type QuoteSource, SourceHealth } from "../../../../src/price/feeds/index.ts";
import { quotedFrom, ReportRejected, type ReportRequest, signQuote, sourcesRoot, unpackReport } from "../../../../src/price/index.ts";
import {
  type KeptAsset,
  type PriceChain,
  PriceKeeper,
  type PriceKeeperEvent,
  type PriceKeeperParts,
  type PriceState,
} from "../../../../src/price/keep/index.ts";
import { ProofCache, type ProveOptions, type Proven, type Prover, type WitnessInputs } from "../../../../src/price/prove/index.ts";
import { signersOf } from "../../../circuits/example.ts";

export const ETH: KeptAsset = { name: "ETH", assetId: 0x455448n };
export const BTC: KeptAsset = { name: "BTC", assetId: 0x425443n };
const signers = signersOf(3);
const root = sourcesRoot(signers.map(({ key }) => key));

/** What a proof says, as the contract reads it. */
type Report = ReturnType<typeof unpackReport>;

interface Transaction {
  readonly hash: string;
  readonly report: Report;
  /** Where it was mined, and why it reverted there, if it did. */
  outcome: { readonly block: number; readonly error?: Error } | undefined;
}

/** Blocks above a transaction that no reorg takes back. */
const finalDepth = 4;

/** A chain in the test's hands, with the rules of ProvenPrices that a keeper meets. A block is 12 seconds. */
export class HandChain implements PriceChain, FateTeller {
  readonly teller = this;
  readonly sent: Transaction[] = [];
  /** The newest block as the node tells it. */
  head: Block;
  /** How often the newest block was asked for. */
  asked = 0;
  /** Set: nothing is mined. */
  isHolding = false;
  /** Calls that get no answer. */
  silent: readonly ("newest" | "state" | "post")[] = [];
  /** Hashes that the keeper asks after no more. */
  readonly forgotten: string[] = [];
  /** Hashes of transactions that nobody can read anything of. */
  unreadable: readonly string[] = [];
  /** Set: posts wait for it. */
  posting: Promise<void> | undefined;
  /** What the next posts are refused with before they are sent. */
  refusal: Error | undefined;
  terms = { quorum: 2n, maxDeviationBps: 50n, maxAgeSeconds: 60n, maxDelaySeconds: 300n };
  roots: Readonly<Record<string, bigint>> = {};
  quorums: Readonly<Record<string, bigint>> = {};
  /** What was stored after each block. */
  readonly #states = new Map<number, ReadonlyMap<bigint, Report>>();
  #branch = 0;

  constructor() {
    this.head = this.#block(1_000, 1_800_000_000n);
    this.#states.set(1_000, new Map());
  }

  stored(asset: KeptAsset): bigint {
    return this.#at(this.head.number).get(asset.assetId)?.price ?? 0n;
  }

  newest(): Promise<Block> {
    this.asked++;
    return this.#answer("newest", () => this.head);
  }

  state(assetId: bigint, at: Block): Promise<PriceState> {
    return this.#answer("state", () => {
      const stored = this.#at(at.number).get(assetId);
      const { price, timestamp } = { price: stored?.price ?? 0n, timestamp: stored ? quotedFrom(stored) : 0 };
      const terms = { ...this.terms, quorum: this.quorums[String(assetId)] ?? this.terms.quorum };
      return { stored: { price, timestamp: BigInt(timestamp) }, terms, sourcesRoot: this.roots[String(assetId)] ?? root };
    });
  }

  async post(_request: ReportRequest, { publicInputs }: Proven): Promise<string> {
    await this.posting;
    return this.#answer("post", () => {
      if (this.refusal) throw this.refusal;
      const report = unpackReport(publicInputs[0] ?? 0n);
      const refused = this.#refusal(report, this.#next());
      if (refused) throw refused;
      const sent: Transaction = { hash: `0x${this.sent.length}`, report, outcome: undefined };
      this.sent.push(sent);
      return sent.hash;
    });
  }

  fates(hashes: readonly string[]): Promise<Fate[]> {
    return this.#answer("newest", () => hashes.map((hash) => this.#fateOf(this.sent.find((each) => each.hash === hash))));
  }

  heard(): Promise<void> {
    return Promise.resolve();
  }

  forget(hash: string): void {
    this.forgotten.push(hash);
  }

  #fateOf(sent: Transaction | undefined): Fate {
    if (this.unreadable.includes(sent?.hash ?? "")) {
      return { kind: "unreadable", error: new RpcUnanswered("eth_getBlockByNumber", "http://node", "timeout") };
    }
    const { outcome, hash = "" } = sent ?? {};
    if (!outcome) return { kind: "on its way" };
    const isFinal = outcome.block + finalDepth <= this.head.number;
    const { block, error } = outcome;
    return error ? { kind: "reverted", hash, block, isFinal, error } : { kind: "mined", hash, block, isFinal };
  }

  /** A block with everything that was sent, unless it is held back. */
  mine(blocks = 1): void {
    for (let left = blocks; left > 0; left--) {
      const next = this.#next();
      const state = new Map(this.#at(this.head.number));
      for (const sent of this.isHolding ? [] : this.sent.filter(({ outcome }) => outcome === undefined)) {
        const refused = this.#refusal(sent.report, next);
        if (!refused) state.set(sent.report.assetId, sent.report);
        sent.outcome = { block: next.number, ...(refused && { error: refused }) };
      }
      this.#states.set(next.number, state);
      this.#states.delete(next.number - 1_000);
      this.head = next;
    }
  }

  /** Another branch in place of the newest block; what was mined in it is on its way again. */
  reorg(): void {
    const { number, timestamp } = this.head;
    for (const sent of this.sent) {
      if (sent.outcome?.block === number) sent.outcome = undefined;
    }
    this.#branch++;
    this.#states.set(number, this.#at(number - 1));
    this.head = this.#block(number, timestamp);
  }

  #next(): Block {
    return this.#block(this.head.number + 1, this.head.timestamp + 12n);
  }

  #block(number: number, timestamp: bigint): Block {
    return { number, timestamp, hash: `0x${(BigInt(number) + (BigInt(this.#branch) << 64n)).toString(16).padStart(64, "0")}` };
  }

  #at(number: number): ReadonlyMap<bigint, Report> {
    return this.#states.get(number) ?? new Map();
  }

  #refusal(report: Report, at: Block): Error | undefined {
    const { assetId, blockNumber, timestamp } = report;
    const stored = this.#at(at.number - 1).get(assetId);
    if (BigInt(timestamp) + this.terms.maxDelaySeconds < at.timestamp) return new ReportRejected(0x25);
    if (at.number - blockNumber > 300) return new ReportRejected(0x22);
    if (stored && quotedFrom(report) <= quotedFrom(stored)) return new ReportRejected(0x23);
    return undefined;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what `work` throws is a rejection
  async #answer<T>(call: "newest" | "state" | "post", work: () => T): Promise<T> {
    if (this.silent.includes(call)) throw new RpcUnanswered(call, "http://node", "timeout");
    return work();
  }
}

/** Proves at once, unless it is told to wait. The proof says what its inputs say. */
export class HandProver implements Prover {
  readonly backend = "by hand";
  asked = 0;
  givenUp = 0;
  /** What the next proofs fail with. */
  failure: Error | undefined;
  /** Assets whose proofs wait until they are let go. */
  readonly held = new Map<bigint, PromiseWithResolvers<undefined>>();

  async prove({ packed }: WitnessInputs, { signal }: ProveOptions = {}): Promise<Proven> {
    this.asked++;
    if (this.failure) throw this.failure;
    const stopped = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => {
      this.givenUp++;
      stopped.reject(signal.reason as Error);
    });
    await Promise.race([this.held.get(unpackReport(packed as bigint).assetId)?.promise, stopped.promise]);
    return {
      backend: this.backend,
      publicInputs: [packed],
      took: { witnessMs: 200, provingMs: 1_300, peakMemory: 0 },
    } as unknown as Proven;
  }
  hold({ assetId }: KeptAsset): () => void {
    const held = Promise.withResolvers<undefined>();
    this.held.set(assetId, held);
    return () => {
      this.held.delete(assetId);
      held.resolve(undefined);
    };
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A keeper of two assets on such a chain, with three sources: two say what the test says, and the third what the first says. */
export class KeeperWorld {
  readonly chain = new HandChain();
  readonly prover = new HandProver();
  readonly proofs = new ProofCache(this.prover);
  readonly health = new SourceHealth();
  readonly events: PriceKeeperEvent[] = [];
  readonly over = new AbortController();
  readonly keeper: PriceKeeper;
  /** By asset: what each source says; undefined: it cannot be reached. */
  readonly says: Record<string, readonly (bigint | undefined)[]> = { ETH: [2_000n, 2_000n], BTC: [90_000n, 90_000n] };
  /** Seconds by which quotes are ahead of the newest block. */
  ahead = 0;
  /** When sources sign, in Unix seconds, whatever the block; undefined: with it. */
  signedAt: number | undefined;

  constructor(changes: Partial<PriceKeeperParts> = {}) {
    this.keeper = new PriceKeeper([ETH, BTC], {
      chain: this.chain,
      enclave: new LocalEnclave(),
      proofs: this.proofs,
      collect: ({ name, assetId }, signal) => collectQuotes(this.#sources(name), { assetId }, { signal, health: this.health }),
      sources: signers.map(({ key }) => key),
      use: { chainId: 31_337n, contract: `0x${"1".repeat(40)}`, nonce: 0n, circuitId: `0x${"2".repeat(64)}` },
      registry: { circuit: "price3", network: "local" },
      freshness: { deviationBps: 50, heartbeatSeconds: 3_600 },
      clock: { now: () => 0, pause: () => this.pause() },
      pollMs: 1,
      onEvent: this.onEvent,
      ...changes,
    });
  }

  readonly onEvent = (event: PriceKeeperEvent): void => {
    this.events.push(event);
  };
  readonly pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  /** A pass under the newest block, and what it told: kinds and assets, and codes of errors. */
  async pass(): Promise<string[]> {
    const from = this.events.length;
    await this.keeper.pass(this.chain.head, this.over.signal);
    return this.told(from);
  }

  /** Mines a block, asks what became of what was sent, and passes. */
  async next(blocks = 1): Promise<string[]> {
    const from = this.events.length;
    this.chain.mine(blocks);
    await this.keeper.settle();
    await this.keeper.pass(this.chain.head, this.over.signal);
    return this.told(from);
  }

  told(from = 0): string[] {
    const words = this.events.slice(from).map((event) => {
      const code = "error" in event ? ` ${(event.error as { code?: string }).code ?? String(event.error)}` : "";
      return `${event.asset ?? ""} ${event.kind}${code}`;
    });
    return words.sort((one, other) => (one.slice(0, 3) === other.slice(0, 3) ? 0 : one < other ? -1 : 1));
  }

  #sources(asset: string): QuoteSource[] {
    return signers.map((signer, at) => ({
      name: `${asset}/${at + 1}`,
      key: signer.key,
      quote: (assetId) => {
        const price = this.says[asset]?.[at % 2];
        if (price === undefined) return Promise.reject(new FeedUnreachable(`${asset}/${at + 1}`, "ECONNREFUSED"));
        return Promise.resolve(signQuote(signer, assetId, price, this.signedAt ?? Number(this.chain.head.timestamp) + this.ahead));
      },
    }));
  }
}
