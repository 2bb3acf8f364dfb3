/**
 * Work in turns by key: whoever shares a key with earlier work waits until that has ended, in the order of the calls;
 * all others go on side by side, so that their appends share an fsync.
 *
 * There is no deadlock: work waits only for work that was asked for before it.
 */
export class Turns {
  /** End of the newest work of each key. */
  readonly #ends = new Map<string, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  /** End of the newest work that wanted to be alone. */
  #alone: Promise<void> = Promise.resolve();

  /** Runs `work` when no earlier work with one of these keys is under way. What it throws goes to the caller alone. */
  run<T>(keys: Iterable<string>, work: () => Promise<T>): Promise<T> {
    const unique = new Set(keys);
    const before = new Set<Promise<void>>([this.#alone]);
    for (const key of unique) {
      const end = this.#ends.get(key);
      if (end) before.add(end);
    }
    const { result, end } = this.#begin(before, work);
    for (const key of unique) this.#ends.set(key, end);
    void end.then(() => {
      for (const key of unique) if (this.#ends.get(key) === end) this.#ends.delete(key);
    });
    return result;
  }

  /** Runs `work` when nothing asked for earlier is under way; whatever comes later waits for it. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const { result, end } = this.#begin(new Set([this.#alone, ...this.#running]), work);
    this.#alone = end;
    return result;
  }

  #begin<T>(before: ReadonlySet<Promise<void>>, work: () => Promise<T>): { result: Promise<T>; end: Promise<void> } {
    const result = Promise.all(before).then(work);
    const end = result.then(nothing, nothing);
    this.#running.add(end);
    void end.then(() => this.#running.delete(end));
    return { result, end };
  }
}

const nothing = (): void => undefined;
