export interface BreakerOptions {
  /** Failures in a row that open it. Default 8. */
  readonly failures?: number;
  /** Milliseconds within which they must come. Default 5,000. */
  readonly withinMs?: number;
  /** Milliseconds that it stays open before one attempt is let through to try. Default 5,000. */
  readonly halfOpenAfterMs?: number;
  /** Milliseconds, never going back. */
  readonly now: () => number;
}

/** Leave to make one attempt. Say how it ended exactly once. */
export interface Pass {
  succeeded(): void;
  failed(): void;
  /** It says nothing about what the breaker watches. */
  neither(): void;
}

/**
 * Opens at so many failures in a row within so long; after a while lets one attempt through, which closes or opens it again.
 *
 * Race: attempts that began before it opened end while it is open. They are not counted; the one that was let through decides.
 * What remains: as many further failures as attempts were under way.
 */
export class Breaker {
  readonly #failures: number;
  readonly #withinMs: number;
  readonly #halfOpenAfterMs: number;
  readonly #now: () => number;
  /** When the failures in a row came, the newest `#failures` of them. */
  #times: number[] = [];
  /** Since when it is open; undefined: closed. */
  #openedAt: number | undefined;
  #trying = false;

  constructor({ failures = 8, withinMs = 5_000, halfOpenAfterMs = 5_000, now }: BreakerOptions) {
    this.#failures = failures;
    this.#withinMs = withinMs;
    this.#halfOpenAfterMs = halfOpenAfterMs;
    this.#now = now;
  }

  get state(): "closed" | "open" | "half-open" {
    if (this.#openedAt === undefined) return "closed";
    return this.#now() - this.#openedAt >= this.#halfOpenAfterMs ? "half-open" : "open";
  }

  /** Leave for one attempt, or undefined where it is open, or half-open with an attempt under way. */
  enter(): Pass | undefined {
    const { state } = this;
    if (state === "closed") return this.#pass;
    if (state === "open" || this.#trying) return undefined;
    this.#trying = true;
    return this.#trial;
  }

  readonly #pass: Pass = {
    succeeded: () => {
      if (this.#openedAt === undefined) this.#times = [];
    },
    failed: () => {
      if (this.#openedAt !== undefined) return;
      const now = this.#now();
      this.#times = [...this.#times, now].slice(-this.#failures);
      const [first = now] = this.#times;
      if (this.#times.length === this.#failures && now - first <= this.#withinMs) this.#open();
    },
    neither: () => undefined,
  };

  readonly #trial: Pass = {
    succeeded: () => {
      this.#trying = false;
      this.#openedAt = undefined;
    },
    failed: () => {
      this.#trying = false;
      this.#open();
    },
    neither: () => {
      this.#trying = false;
    },
  };

  #open(): void {
    this.#openedAt = this.#now();
    this.#times = [];
  }
}
