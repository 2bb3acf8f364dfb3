import type { AccountCounts, AccountNonces } from "../chain/lane/account-nonces.ts";
import type { LaneRecord } from "./record.ts";

/**
 * Nonces that are given out without their bytes being seen, as a nonce manager alone must. The ledger says how far they were
 * given out; whether one that was given back is free only the chain can tell.
 *
 * Race: a nonce is given back because its broadcast failed, and the transaction is in some pool all the same. Mitigation: it
 * is given out again only while reads that agree do not count it. What remains: two transactions of one nonce, of which the
 * chain takes one; the other is lost. Whoever cannot live with that lets the ledger see the bytes.
 */
export class Reserved {
  readonly #record: LaneRecord;
  readonly #nonces: AccountNonces;
  readonly #free = new Set<number>();

  constructor(record: LaneRecord, nonces: AccountNonces) {
    this.#record = record;
    this.#nonces = nonces;
  }

  /** What a former process gave out and the chain does not count was never sent, or was lost. */
  begin({ latest, pending }: AccountCounts): void {
    for (let nonce = Math.max(latest, pending); nonce < this.#record.nextNonce; nonce++) {
      if (!this.#record.openAt(nonce)) this.#free.add(nonce);
    }
  }

  next(): Promise<number> {
    return this.#record.inTurn(async () => {
      const { latest, pending } = this.#free.size > 0 ? await this.#nonces.agreed(this.#record.address) : { latest: 0, pending: 0 };
      for (const nonce of [...this.#free].sort((a, b) => a - b)) {
        this.#free.delete(nonce);
        if (nonce >= Math.max(latest, pending)) return nonce;
      }
      const nonce = Math.max(this.#record.nextNonce, latest, pending);
      await this.#record.append([{ kind: "opened", data: { nonce: nonce + 1 } }]);
      return nonce;
    });
  }

  giveBack(nonce: number): void {
    if (nonce < this.#record.nextNonce) this.#free.add(nonce);
  }
}
