/**
 * How many transactions of a lane may be in flight: one more for each that is mined, half as many at a sign of
 * trouble, as TCP does it (additive increase, multiplicative decrease; Chiu and Jain, 1989). Nodes keep at least 16
 * transactions of an account; how many more is their affair, and they do not say.
 */
export class InFlightWindow {
  readonly #most: number;
  #limit: number;
  /** Head under which the window shrank last: many signs under one head are one trouble. */
  #shrankAt = -1;

  /**
   * @param most transactions in flight at the best of times, at least 1
   * @param first transactions in flight before anything is known of the node
   */
  constructor(most: number, first = 16) {
    this.#most = most;
    this.#limit = Math.min(most, first);
  }

  /** 1..most */
  get limit(): number {
    return this.#limit;
  }

  grow(): void {
    this.#limit = Math.min(this.#most, this.#limit + 1);
  }

  shrink(head: number): void {
    if (head === this.#shrankAt) return;
    this.#shrankAt = head;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }
}
