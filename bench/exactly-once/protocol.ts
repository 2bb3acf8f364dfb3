import { HDNodeWallet } from "ethers";
import { checksumAddress } from "../../src/address.ts";
import type { Deployment } from "../../src/chain/index.ts";
import { keccak256OfText } from "../../src/keccak/index.ts";
import { orderIdOf } from "../../src/voucher/index.ts";
import type { Contender } from "./contenders.ts";

/** What a contender's process is told first. */
export interface Job {
  readonly contender: Contender;
  /** Of the endpoint; the same for everybody. */
  readonly url: string;
  readonly chainId: number;
  /** The ordinary contract of ethers and viem. */
  readonly plainMinter: string;
  /** mintd's contracts. */
  readonly deployment: Deployment;
  /** File of mintd's store. */
  readonly storePath: string;
  /** Numbers of the mints that are made first, and of which nothing is measured. */
  readonly warmUp: readonly number[];
  /** Numbers of the mints to be made. */
  readonly mints: readonly number[];
  /** Mints of which a former process said that they are on the chain, and not yet that they are for good. */
  readonly underway: readonly number[];
  /** Calls of ethers and viem that are under way at the same time. */
  readonly inFlight: number;
  /** How often a library looks for a new block, in milliseconds. */
  readonly pollMs: number;
}

/** What it is told next: the clock runs, mint. */
export const go = "go";

/** What a contender has to its parent. */
export interface Line {
  readonly tell: (word: Word) => void;
  /** Tells that the warm-up is done and resolves when the mints that count may begin. */
  readonly warm: () => Promise<void>;
}

/** What a contender's process tells, at the time (ms since the epoch) it happens. */
export type Word =
  /** The caller hands the mint over. */
  | { readonly kind: "accepted"; readonly mints: readonly number[]; readonly at: number }
  /** The caller hears that it is on the chain; to the kill scenario this is the acknowledgement. */
  | { readonly kind: "acknowledged"; readonly mint: number; readonly at: number }
  /** The caller hears that this is so for good. Of ethers and viem there is only one word for both. */
  | { readonly kind: "confirmed"; readonly mint: number }
  /** The caller gets an error and no more of this mint. */
  | { readonly kind: "failed"; readonly mint: number; readonly error: string }
  /** An error that concerns no single mint: the service did not start. */
  | { readonly kind: "trouble"; readonly error: string }
  /** An error that a library threw where nobody can catch it. */
  | { readonly kind: "unhandled"; readonly error: string }
  /** mintd alone: all of its mints are on the chain now, and become final when it grows. */
  | { readonly kind: "waits for depth" }
  /** The warm-up is done; the mints begin when the parent says so. */
  | { readonly kind: "warm" }
  | { readonly kind: "done" };

/** The key of the account at this place of the mnemonic that every development node funds. Public. */
export const keyAt = (index: number): string =>
  HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", "", `m/44'/60'/0'/0/${index}`).privateKey;

/** The first account that sends; admin and voucher signer are before it. */
export const firstLane = 2;
export const voucherAccount = 1;

export const tenant = "bench";
export const keyOf = (mint: number): string => `mint-${mint}`;
/** A mint's name on chain, the same to all contenders. */
export const idOf = (mint: number): `0x${string}` => orderIdOf(tenant, keyOf(mint)) as `0x${string}`;
/** Everybody gets one token. */
export const receiverOf = (mint: number): `0x${string}` =>
  checksumAddress(keccak256OfText(`receiver of ${keyOf(mint)}`).subarray(12)) as `0x${string}`;

/** Of PlainMinter. */
export const plainAbi = [
  {
    type: "function",
    name: "mint",
    stateMutability: "nonpayable",
    inputs: [
      { name: "to", type: "address" },
      { name: "id", type: "bytes32" },
    ],
    outputs: [],
  },
] as const;
