interface Entry {
  readonly of: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * What a keeper's events say is on its way, by the hashes of first attempts. Each ends by being mined or by failing; one that a
 * reorg took back has begun again.
 */
export class OnItsWay {
  readonly #entries = new Map<string, Entry>();

  /** How many there are. */
  get count(): number {
    return this.#entries.size;
  }

  /**
   * It was sent, or taken back, now.
   * @param of what it was sent for
   */
  began(first: string, of: string, now: number): void {
    this.#entries.set(first, { of, since: now });
  }

  ended(first: string): void {
    this.#entries.delete(first);
  }

  /** Milliseconds since the oldest that was sent for this, or for anything, began; 0 without any. */
  age(now: number, of?: string): number {
    const entries = [...this.#entries.values()].filter((entry) => of === undefined || entry.of === of);
    return Math.max(0, ...entries.map(({ since }) => now - since));
  }
}
