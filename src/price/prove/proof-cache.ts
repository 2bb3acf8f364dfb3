import type { Aggregation } from "../aggregate.ts";
import { unpackReport } from "../public-inputs.ts";
import type { ProveOptions, Proven, Prover } from "./prover.ts";

interface Entry {
  readonly proven: Promise<Proven>;
  readonly giveUp: AbortController;
  /** How many still wait for it. */
  waiting: number;
  isThere: boolean;
}

/**
 * Keeps the proofs of an asset at a block, the newest `limit` of them. Whoever asks for the price of an asset at a block gets
 * what was proven first, whatever the quotes say since; a proof that is being made is shared.
 * Two requests are for one proof where asset, block and its hash, sources, quorum, bound on deviation and context are the same.
 */
export class ProofCache {
  readonly #prover: Prover;
  readonly #limit: number;
  readonly #entries = new Map<string, Entry>();

  constructor(prover: Prover, { limit = 64 }: { limit?: number } = {}) {
    this.#prover = prover;
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * The kept proof, or a new one. It stops when everybody who waits for it gave up. A failure is not kept.
   * @throws what Prover.prove throws
   */
  async prove(aggregation: Pick<Aggregation, "inputs" | "publicInputs">, { signal, onProgress }: ProveOptions = {}): Promise<Proven> {
    signal?.throwIfAborted();
    const id = idOf(aggregation.publicInputs);
    const entry = this.#entries.get(id) ?? this.#begin(id, aggregation, onProgress);
    entry.waiting++;
    const { promise: gaveUp, reject } = Promise.withResolvers<never>();
    const stop = (): void => {
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return await Promise.race([entry.proven, gaveUp]);
    } finally {
      signal?.removeEventListener("abort", stop);
      if (--entry.waiting === 0 && !entry.isThere) {
        this.#drop(id, entry); // nobody may join what is being stopped
        entry.giveUp.abort();
      }
    }
  }

  #begin(id: string, { inputs }: Pick<Aggregation, "inputs">, onProgress: ProveOptions["onProgress"]): Entry {
    const giveUp = new AbortController();
    const proven = this.#prover.prove(inputs, { signal: giveUp.signal, ...(onProgress === undefined ? {} : { onProgress }) });
    const entry: Entry = { proven, giveUp, waiting: 0, isThere: false };
    this.#entries.set(id, entry);
    proven.then(
      () => (entry.isThere = true),
      () => {
        this.#drop(id, entry);
      },
    );
    while (this.#entries.size > this.#limit) {
      const [oldest = id] = this.#entries.keys();
      this.#entries.delete(oldest);
    }
    return entry;
  }

  #drop(id: string, entry: Entry): void {
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
  }
}

/** Everything that a proof of this asset at this block is bound to, without price, time and age of the quotes. */
function idOf({ packed, sourcesRoot, blockHashHi, blockHashLo, context }: Aggregation["publicInputs"]): string {
  const { assetId, blockNumber, quorum, maxDeviationBps } = unpackReport(packed);
  return [assetId, blockNumber, quorum, maxDeviationBps, sourcesRoot, blockHashHi, blockHashLo, context].join(" ");
}
