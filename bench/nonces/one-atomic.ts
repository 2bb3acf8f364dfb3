/** One counter that all threads share, each increment one atomic addition. For comparison only. */
export class AtomicCounter {
  readonly memory: SharedArrayBuffer;
  readonly #cell: BigUint64Array<SharedArrayBuffer>;

  constructor(memory = new SharedArrayBuffer(128)) {
    this.memory = memory;
    this.#cell = new BigUint64Array(memory, 0, 1);
  }

  next(): bigint {
    return Atomics.add(this.#cell, 0, 1n);
  }

  get value(): bigint {
    return Atomics.load(this.#cell, 0);
  }
}
