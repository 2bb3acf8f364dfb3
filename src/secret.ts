import { inspect } from "node:util";

const HIDDEN = "[secret]";

/**
 * A private key, token or password on its way through the program. Printing it in any way (console.log, inspect,
 * template strings, JSON, an error's cause) shows `[secret]`; only `reveal()` gives the value, so that is the word to
 * search for. It stands beside error.ts because pure folders use it too and must not import configuration.
 *
 * @example
 * const key = new Secret(process.env.PRIVATE_KEY ?? "");
 * console.log(`${key}`); // [secret]
 */
export class Secret<T extends string | Uint8Array = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Never put it into a message. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
