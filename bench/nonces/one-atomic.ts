/** One counter that all threads share, each increment one atomic addition. For comparison only. */
export class AtomicCounter {
  readonly memory: SharedArrayBuffer;
  readonly #cell: Int32Array<SharedArrayBuffer>;

  constructor(memory = new SharedArrayBuffer(128)) {
    this.memory = memory;
    this.#cell = new Int32Array(memory, 0, 1);
  }

  next(): number {
    return Atomics.add(this.#cell, 0, 1);
  }

  get value(): number {
    return Atomics.load(this.#cell, 0);
  }
}
