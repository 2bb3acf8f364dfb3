import { LaneUnknown } from "../errors.ts";
import type { Lane } from "./lane.ts";
import type { OpenAttempt } from "./lane-ledger.ts";

/** All lanes of the service. */
export class Lanes implements Iterable<Lane> {
  readonly #lanes: readonly Lane[];

  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
  }

  [Symbol.iterator](): IterableIterator<Lane> {
    return this.#lanes.values();
  }

  get addresses(): readonly string[] {
    return this.#lanes.map(({ address }) => address);
  }

  of(address: string): Lane | undefined {
    return this.#lanes.find((lane) => lane.address === address);
  }

  /** @throws LaneUnknown */
  get(address: string): Lane {
    const lane = this.#lanes.find((each) => each.address.toLowerCase() === address.toLowerCase());
    if (!lane) throw new LaneUnknown(address, this.addresses);
    return lane;
  }

  /** Whether a nonce of one of the lanes is not settled yet. */
  isOpen({ lane, nonce }: { readonly lane: string; readonly nonce: number }): boolean {
    return this.of(lane)?.state.open.has(nonce) ?? false;
  }

  attemptOf(txHash: string): { readonly lane: Lane; readonly attempt: OpenAttempt } | undefined {
    for (const lane of this.#lanes) {
      const attempt = lane.attemptOf(txHash);
      if (attempt) return { lane, attempt };
    }
    return undefined;
  }

  /** Nonces that are not settled. */
  get open(): number {
    return this.#lanes.reduce((sum, { state }) => sum + state.open.size, 0);
  }

  /** Sums over settled attempts of all lanes. */
  get settled(): { readonly transactions: number; readonly gasUsed: number } {
    const sums = this.#lanes.map(({ state }) => state.settled);
    return {
      transactions: sums.reduce((sum, { transactions }) => sum + transactions, 0),
      gasUsed: sums.reduce((sum, { gasUsed }) => sum + gasUsed, 0),
    };
  }

  mined(txHash: string, block: number, blockHash: string): void {
    for (const lane of this.#lanes) lane.mined(txHash, block, blockHash);
  }

  async orphaned(blockHash: string): Promise<void> {
    for (const lane of this.#lanes) await lane.orphaned(blockHash);
  }

  /** Closes all nonces mined at or below `block`, which is final. */
  async settle(block: number): Promise<void> {
    for (const lane of this.#lanes) while ((await lane.ends.settle(block)) > 0);
  }

  async resume(): Promise<void> {
    for (const lane of this.#lanes) await lane.resume();
  }

  async close(): Promise<void> {
    for (const lane of this.#lanes) await lane.close();
  }
}
