import { SignatureTimedOut } from "./errors.ts";

export interface SigningParts {
  readonly address: string;
  /** Milliseconds that a signature may take. */
  readonly limitMs: number;
  /** Aborts when nothing is to be signed any more. */
  readonly ended: AbortSignal;
  /** @throws what it ended with */
  readonly checkAlive: () => void;
}

/** A person has to find the wallet, read and press. */
export const usualSigningTimeoutMs = 120_000;

/**
 * Asks a signer, for so long: the person at a hardware wallet may have left, a remote signer may hang.
 *
 * Race: the signature comes after all. Mitigation: it is thrown away here, before anything is recorded, so its nonce is free
 * and its bytes are never sent by us. What remains: whoever else sees what the signer returns.
 */
export class Signing {
  readonly #parts: SigningParts;

  constructor(parts: SigningParts) {
    this.#parts = parts;
  }

  /** @throws SignatureTimedOut, what it ended with, and what the signer throws */
  async within<T>(sign: () => Promise<T>): Promise<T> {
    const { address, limitMs, ended, checkAlive } = this.#parts;
    checkAlive();
    const over = Promise.withResolvers<never>();
    const end = (): void => {
      over.reject(new SignatureTimedOut(address, limitMs));
    };
    const timer = setTimeout(end, limitMs).unref();
    ended.addEventListener("abort", end, { once: true });
    try {
      const signed = await Promise.race([sign(), over.promise]);
      checkAlive(); // signing took its time
      return signed;
    } catch (error) {
      checkAlive();
      throw error;
    } finally {
      clearTimeout(timer);
      ended.removeEventListener("abort", end);
    }
  }
}
