/** A state that the chain, or an endpoint's view of it, may come to, and the lowest block in which it differs from the present chain. */
export class Branch {
  /** State of the chain at its root. */
  readonly file: string;
  readonly #forget: () => void;
  readonly #onGiveUp: (() => Promise<void>)[] = [];
  #base: number;
  #givenUp = false;

  constructor(file: string, base: number, forget: () => void) {
    this.file = file;
    this.#base = base;
    this.#forget = forget;
  }

  get base(): number {
    return this.#base;
  }

  get isGivenUp(): boolean {
    return this.#givenUp;
  }

  /** The chain itself changed from this height on, so that the branch differs from there. */
  changedFrom(height: number): void {
    this.#base = Math.min(this.#base, height);
  }

  onGiveUp(then: () => Promise<void>): void {
    this.#onGiveUp.push(then);
  }

  /** Nobody may come to this branch any more. */
  async giveUp(): Promise<void> {
    if (this.#givenUp) return;
    this.#givenUp = true;
    this.#forget();
    for (const then of this.#onGiveUp) await then();
  }
}
