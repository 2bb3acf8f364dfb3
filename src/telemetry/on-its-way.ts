/**
 * What a keeper's events say is on its way, by what it was sent for. Each ends by being mined or by failing; one that a reorg took
 * back has begun again, and its second end is none to count.
 */
export class OnItsWay {
  /** When each was sent, in milliseconds since the epoch, the oldest first. */
  readonly #since = new Map<string, readonly number[]>();
  /** How many of them had an end before. */
  readonly #again = new Map<string, number>();

  /** How many there are. */
  get count(): number {
    return [...this.#since.values()].flat().length;
  }

  sent(key: string, now: number): void {
    this.#since.set(key, [...(this.#since.get(key) ?? []), now]);
  }

  tookBack(key: string, now: number): void {
    this.sent(key, now);
    this.#again.set(key, (this.#again.get(key) ?? 0) + 1);
  }

  /** Whether it is the first end of what was sent. */
  ended(key: string): boolean {
    const [, ...others] = this.#since.get(key) ?? [];
    if (others.length > 0) this.#since.set(key, others);
    else this.#since.delete(key);
    const again = this.#again.get(key) ?? 0;
    if (again > 1) this.#again.set(key, again - 1);
    else this.#again.delete(key);
    return again === 0;
  }

  /** Milliseconds since the oldest for this key, or of all, was sent; 0 without any. */
  age(now: number, key?: string): number {
    const since = key === undefined ? [...this.#since.values()].flat() : (this.#since.get(key) ?? []);
    return Math.max(0, ...since.map((at) => now - at));
  }
}
