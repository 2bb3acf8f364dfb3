import type { Clock } from "../../clock.ts";
import type { Minted } from "../../voucher/index.ts";
import type { Located, MintLogReader } from "../confirm/mint-logs.ts";
import { patiently } from "../patience.ts";
import { type Rpc, toQuantity } from "../rpc/rpc.ts";

/** What used a number up, by the log of a final block. */
export type Proof = { readonly block: number; readonly txHash: string } & (
  { readonly by: "cancel" } | { readonly by: "mint"; readonly orderId: string }
);

/** A number that is asked about. */
export interface Wanted {
  readonly number: bigint;
  /** The order here that has it, if one does. */
  readonly orderId: string | undefined;
  /** Whether it matters what used it up, so that all mints are read where nothing else says it. */
  readonly needsProof: boolean;
}

export interface ProofParts {
  readonly rpc: Rpc;
  readonly reader: MintLogReader;
  readonly deployedAt: number;
  readonly clock: Clock;
}

const bitOf = (number: bigint): bigint => 1n << (number & 0xffn);

/**
 * What final blocks say of numbers. A number is used up once and for good, so what was proven once is not asked for again.
 *
 * Race: a log comes from an endpoint that still follows a block which the chain has dropped. Mitigation: a log counts only where
 * the chain has its very block, by hash, at its height. What remains: nothing.
 */
export class Proofs {
  readonly #parts: ProofParts;
  readonly #found = new Map<bigint, Proof>();

  constructor(parts: ProofParts) {
    this.#parts = parts;
  }

  of(number: bigint): Proof | undefined {
    return this.#found.get(number);
  }

  /**
   * Looks in all blocks up to `finalBlock`: what an endpoint left out before may be there now. Where it throws, what was
   * proven until then stands.
   * @returns how many were proven by this look
   * @throws RpcUnanswered, RpcRefused
   */
  async look(wanted: readonly Wanted[], finalBlock: number): Promise<number> {
    const before = this.#found.size;
    const isCanonical = this.#canonically();
    await this.#ofCancellations(wanted, finalBlock, isCanonical);
    await this.#ofOwnMints(wanted, finalBlock, isCanonical);
    await this.#ofOtherMints(wanted, finalBlock, isCanonical);
    return this.#found.size - before;
  }

  async #ofCancellations(wanted: readonly Wanted[], finalBlock: number, isCanonical: IsCanonical): Promise<void> {
    const { reader, deployedAt } = this.#parts;
    const words = Map.groupBy(this.#unproven(wanted), ({ number }) => number >> 8n);
    if (words.size === 0) return;
    for await (const seen of reader.cancellations([...words.keys()], deployedAt, finalBlock)) {
      const { log, block, txHash } = seen;
      const named = (words.get(log.word) ?? []).filter(({ number }) => (log.mask & bitOf(number)) !== 0n);
      if (named.length === 0 || !(await isCanonical(seen))) continue;
      for (const { number } of named) this.#found.set(number, { by: "cancel", block, txHash });
    }
  }

  /** By the order's id, which is indexed. */
  async #ofOwnMints(wanted: readonly Wanted[], finalBlock: number, isCanonical: IsCanonical): Promise<void> {
    const { reader, deployedAt } = this.#parts;
    for (const { number, orderId } of this.#unproven(wanted)) {
      if (orderId === undefined) continue;
      const mint = await reader.mintOf(orderId, deployedAt, finalBlock);
      if (mint?.log.txCount === number && (await isCanonical(mint))) this.#minted(mint);
    }
  }

  /** Of orders that nobody here knows: all mints are read. */
  async #ofOtherMints(wanted: readonly Wanted[], finalBlock: number, isCanonical: IsCanonical): Promise<void> {
    const { reader, deployedAt } = this.#parts;
    const needed = this.#unproven(wanted).filter(({ needsProof }) => needsProof);
    if (needed.length === 0) return;
    const numbers = new Set(needed.map(({ number }) => number));
    for await (const mint of reader.mintsOf(numbers, deployedAt, finalBlock)) {
      if (await isCanonical(mint)) this.#minted(mint);
    }
  }

  #minted({ log: { txCount, orderId }, block, txHash }: Located<Minted>): void {
    this.#found.set(txCount, { by: "mint", orderId, block, txHash });
  }

  #unproven(wanted: readonly Wanted[]): Wanted[] {
    return wanted.filter(({ number }) => !this.#found.has(number));
  }

  /** Whether the chain has the log's block; each block is asked for once a look. */
  #canonically(): IsCanonical {
    const { rpc, clock } = this.#parts;
    const hashes = new Map<number, string | undefined>();
    return async ({ block, blockHash }) => {
      if (!hashes.has(block)) {
        const ask = () => rpc.request<{ readonly hash: string } | null>("eth_getBlockByNumber", [toQuantity(block), false]);
        hashes.set(block, (await patiently(clock, ask))?.hash);
      }
      return hashes.get(block) === blockHash;
    };
  }
}

type IsCanonical = (log: Located<unknown>) => Promise<boolean>;
