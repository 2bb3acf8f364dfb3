import { MintdError } from "../error.ts";
import { parseSignedVoucher, recoverVoucher, type SignedVoucher, type VoucherDomain } from "../voucher/index.ts";
import { hasPassed, isAhead } from "./window.ts";

/** What a voucher is held against. */
export interface Expected {
  readonly domain: VoucherDomain;
  /** Address that must have signed; undefined where somebody else is asked who may sign. */
  readonly signer?: string | undefined;
  /** Chain time in whole seconds since 1970. */
  readonly now: number;
}

/**
 * What a voucher is worth. `holds`: it can be redeemed now. `ahead`: later. `expired`: no more. `bad`: never could, and
 * `problem` says why.
 */
export type Verdict =
  | { readonly state: "holds" | "ahead" | "expired"; readonly voucher: SignedVoucher; readonly signer: string }
  | { readonly state: "bad"; readonly code: string; readonly problem: string; readonly voucher?: SignedVoucher; readonly signer?: string };

/** Looks at a voucher without a chain: its form, its signature, who signed it, what it is for, and its window. */
export function verifyVoucher(json: unknown, { domain, signer: expected, now }: Expected): Verdict {
  let voucher: SignedVoucher | undefined;
  let signer: string | undefined;
  try {
    voucher = parseSignedVoucher(json);
    signer = recoverVoucher(voucher);
  } catch (error) {
    if (!(error instanceof MintdError)) throw error;
    return { state: "bad", code: error.code, problem: error.message, ...(voucher && { voucher }) };
  }
  const bad = (code: string, problem: string): Verdict => ({ state: "bad", code, problem, voucher, signer });
  const { chainId, verifyingContract } = voucher.domain;
  if (chainId !== domain.chainId || verifyingContract.toLowerCase() !== domain.verifyingContract.toLowerCase()) {
    return bad("VOUCHER_FOR_ELSEWHERE", `it is for ${verifyingContract} on chain ${chainId}`);
  }
  if (expected !== undefined && signer !== expected) return bad("SIGNER_NOT_AUTHORISED", `it is signed by ${signer}, not by ${expected}`);
  const { alignedSecond } = voucher.redemption;
  const state = hasPassed(alignedSecond, now) ? "expired" : isAhead(alignedSecond, now) ? "ahead" : "holds";
  return { state, voucher, signer };
}
