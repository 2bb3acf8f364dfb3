import { formatEther } from "ethers";
import type { MintdError } from "../../error.ts";
import { CollateralPaused, DebtCeilingReached, MintHeldBack, PriceTooOld } from "./held-errors.ts";
import { BatchReverts, type Revert } from "./simulation.ts";

/** What a simulated mint of cast tokens says. */
export type PositionVerdict =
  | { readonly kind: "mints" }
  /** The cause lies in the order or in its account's position. `mayPass`: unless an earlier order of the account changes it. */
  | { readonly kind: "refused"; readonly code: string; readonly reason: string; readonly mayPass: boolean }
  /** The cause is the moment's, and is the same for the orders that `scope` says. */
  | { readonly kind: "held"; readonly scope: HeldScope; readonly trouble: MintdError }
  /** Its number is used up, or its second is over by this block: the contract skips it, and the chain tells what became of it. */
  | { readonly kind: "used" }
  | { readonly kind: "expired" };

/** `collateral`: all orders of the collateral; `larger`: those of at least this quantity; `order`: this one alone. */
export type HeldScope = "collateral" | "larger" | "order";

/** Errors that lie in an order: its account, or whoever set the collateral up, has to do something. Told by codes of their own. */
export const ofPosition: Readonly<Record<string, string>> = {
  QuantityOutOfRange: "QUANTITY_OUT_OF_RANGE",
  CollateralUnnamed: "COLLATERAL_NOT_NAMED",
  CollateralUnknown: "COLLATERAL_UNKNOWN",
  InsufficientMintAllowance: "MINT_ALLOWANCE_TOO_LOW",
  InsufficientlyCovered: "POSITION_NOT_COVERED",
  DebtBelowFloor: "DEBT_BELOW_FLOOR",
};

/** Errors that are about the batch or who signed it: none of its items is at fault, and no other batch would fare better. */
const ofBatch: ReadonlySet<string> = new Set([
  ...["EmptyBatch", "BatchTooLarge", "LengthMismatch", "InvalidSigner", "InvalidSignatureLength", "VoucherFromFuture"],
]);

/**
 * What a revert of a simulated mint means.
 * @throws BatchReverts where the fault is the batch's
 */
export function verdictOf({ name, args, reason }: Revert): PositionVerdict {
  if (ofBatch.has(name)) throw new BatchReverts(reason);
  const code = ofPosition[name];
  if (code !== undefined) return { kind: "refused", code, reason, mayPass: name === "DebtBelowFloor" };
  switch (name) {
    case "VoucherAlreadyRedeemed":
      return { kind: "used" };
    case "VoucherExpired":
      return { kind: "expired" };
    case "PriceTooOld":
      return { kind: "held", scope: "collateral", trouble: new PriceTooOld(args[0] as bigint, args[1] as bigint, args[2] as bigint) };
    case "PausedCollateral":
      return { kind: "held", scope: "collateral", trouble: new CollateralPaused(String(args[0])) };
    case "DebtCeilingExceeded":
      return { kind: "held", scope: "larger", trouble: new DebtCeilingReached(String(args[0]), formatEther(args[2] as bigint)) };
    default:
      return { kind: "held", scope: "order", trouble: new MintHeldBack(reason) };
  }
}
