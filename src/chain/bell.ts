/** A bell: `next()` resolves at the first ring after it was called. */
export class Bell {
  #next = Promise.withResolvers<undefined>();

  next(): Promise<undefined> {
    return this.#next.promise;
  }

  ring(): void {
    const rung = this.#next;
    this.#next = Promise.withResolvers<undefined>();
    rung.resolve(undefined);
  }
}
