import type { Version } from "../store/event-store.ts";
import { NonceNotOpen, TransactionCancelled } from "./errors.ts";
import type { LaneRecord, Mined } from "./record.ts";

/** A recorded transaction that a canonical block has, whichever of its attempts that is. */
export interface Included extends Omit<Mined, "blockHash"> {
  /** Undefined once it is final: no reorg takes it away then. */
  readonly blockHash: string | undefined;
  readonly isFinal: boolean;
}

/** What is to be waited for: by its hash, best with where in the ledger its bytes are, or what a key stands for now. */
export type Which = { readonly hash: string; readonly version?: Version | undefined } | { readonly key: string };

/** A transaction that somebody waits for, wherever a replacement, a reorg or a new nonce takes it. */
export class Inclusion {
  readonly #record: LaneRecord;
  #hash: string;
  #version: Version;

  private constructor(record: LaneRecord, hash: string, version: Version) {
    this.#record = record;
    this.#hash = hash;
    this.#version = version;
  }

  /** @throws NonceNotOpen where the ledger does not know it */
  static async of(record: LaneRecord, which: Which): Promise<Inclusion> {
    if ("hash" in which) return Inclusion.#ofHash(record, which.hash, which.version);
    const { bound } = await record.readKey(which.key);
    if (!bound) throw new NonceNotOpen(`the key ${which.key}`);
    return Inclusion.#ofHash(record, bound.hash, bound.version);
  }

  /**
   * The block that has it now, by whichever attempt; undefined while none has. A no-op in its place may be
   * reorganised away in favour of the transaction itself, so it is told of when it is final and not before.
   * @throws TransactionCancelled
   */
  async look(): Promise<Included | undefined> {
    if (this.#record.attemptOf(this.#hash)) return this.#mined();
    const fate = await this.#record.fateOf(this.#version);
    if (fate.kind === "let go") throw new TransactionCancelled(fate.nonce, undefined);
    if (fate.kind === "settled") {
      if (fate.cancelled) throw new TransactionCancelled(fate.nonce, fate.hash);
      const { hash, block, gasUsed, succeeded } = fate;
      return { hash, block, blockHash: undefined, gasUsed, succeeded, isFinal: true };
    }
    this.#hash = fate.hash;
    this.#version = fate.version;
    return this.#mined();
  }

  #mined(): Included | undefined {
    const attempt = this.#record.attemptOf(this.#hash);
    const mined = attempt && this.#record.minedAt(attempt.nonce);
    if (!mined) return undefined;
    const isCancelled = attempt.orderIds.length > 0 && this.#record.attemptOf(mined.hash)?.orderIds.length === 0;
    return isCancelled ? undefined : { ...mined, isFinal: false };
  }

  static async #ofHash(record: LaneRecord, hash: string, known: Version | undefined): Promise<Inclusion> {
    const version = known ?? (await record.versionOf(hash));
    if (version === undefined) throw new NonceNotOpen(`the hash ${hash}`);
    return new Inclusion(record, hash, version);
  }
}
