/** One counter that all threads share, each increment under a mutex. For comparison only; the mutex is in the memory too. */
export class MutexCounter {
  readonly memory: SharedArrayBuffer;
  readonly #lock: Int32Array;
  readonly #value: Int32Array;

  constructor(memory = new SharedArrayBuffer(256)) {
    this.memory = memory;
    this.#lock = new Int32Array(memory, 0, 1);
    this.#value = new Int32Array(memory, 128, 1);
  }

  next(): number {
    this.#acquire();
    const value = this.#value[0] ?? 0;
    this.#value[0] = value + 1;
    this.#release();
    return value;
  }

  get value(): number {
    return this.#value[0] ?? 0;
  }

  /**
   * 0 free, 1 held, 2 held and somebody sleeps: Ulrich Drepper, "Futexes Are Tricky", the third mutex, with
   * Atomics.wait and Atomics.notify for the futex.
   */
  #acquire(): void {
    let state = Atomics.compareExchange(this.#lock, 0, 0, 1);
    while (state !== 0) {
      if (state === 2 || Atomics.compareExchange(this.#lock, 0, 1, 2) !== 0) Atomics.wait(this.#lock, 0, 2);
      state = Atomics.compareExchange(this.#lock, 0, 0, 2);
    }
  }

  #release(): void {
    if (Atomics.sub(this.#lock, 0, 1) === 1) return;
    Atomics.store(this.#lock, 0, 0);
    Atomics.notify(this.#lock, 0, 1);
  }
}
