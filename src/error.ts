/**
 * The one base of every error that mintd throws on purpose. Each subclass fixes its `code`; codes are stable, listed in
 * docs/errors.md and safe to match on. Messages never carry keys, tokens or other secrets.
 */
export abstract class MintdError extends Error {
  /** Stable, machine-readable, SCREAMING_SNAKE_CASE. */
  abstract readonly code: string;
  /** What to do about it, one sentence, or undefined where nothing can be done by the caller. */
  hint: string | undefined;

  constructor(message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }

  /** The first error in the chain of causes (this one included) that `matches`, or undefined. */
  walk(matches: (error: unknown) => boolean): unknown {
    if (matches(this)) return this;
    for (let error = this.cause; error !== undefined && error !== null; error = error instanceof Error ? error.cause : undefined) {
      if (matches(error)) return error;
    }
    return undefined;
  }
}
