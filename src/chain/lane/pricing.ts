import type { Fees } from "../fees/fees.ts";

/** What a lane needs to know of the price of a transaction. */
export interface Pricing {
  /** Fees for inclusion soon, under this head. @throws FeeCapReached, RpcUnanswered, RpcRefused */
  feesAt(head: string | undefined): Promise<Fees>;
  /** Fees that nodes accept in place of `previous`, and `wanted` where that is more. @throws FeeCapReached */
  replacement(previous: Fees, wanted: Fees): Fees;
  /** The most that a transaction may cost, wei. */
  costOf(transaction: { readonly gasLimit: number; readonly fees: Fees; readonly bytes: number }): Promise<bigint>;
}
