import type { EventStore } from "../store/event-store.ts";
import { NUMBERS_PER_WORD, voucherNumbersStream } from "./voucher-nonces.ts";

/** What of a minter's voucher numbers is leased. */
export interface Leases {
  readonly leases: number;
  readonly words: number;
  /** Every number that was ever given out is below this one; decimal. */
  readonly below: string;
}

/** Reads the leases of one minter's voucher numbers; for people who want to look. */
export async function readLeases(store: EventStore, chainId: number, minter: string): Promise<Leases> {
  let [leases, words, below] = [0, 0, 0n];
  for await (const { data } of store.read(voucherNumbersStream(chainId, minter))) {
    const lease = data as { firstWord: string; words: number };
    leases++;
    words += lease.words;
    below = (BigInt(lease.firstWord) + BigInt(lease.words)) * NUMBERS_PER_WORD;
  }
  return { leases, words, below: below.toString() };
}
