import { MintdError } from "../../error.ts";

/** The price of a collateral is too old to mint by. Its orders wait; nothing is sent for them. */
export class PriceTooOld extends MintdError {
  readonly code = "PRICE_TOO_OLD";
  /** @param pricedAt Unix seconds, 0 where there is no price */
  constructor(assetId: bigint, pricedAt: bigint, maxAgeSeconds: bigint) {
    const age = `of ${new Date(Number(pricedAt) * 1_000).toISOString().replace(".000", "")}, and may be ${maxAgeSeconds} s old`;
    super(pricedAt === 0n ? `there is no price of asset ${assetId}` : `the price of asset ${assetId} is ${age}`, {
      hint: "its orders wait and go on by themselves once a newer price is posted: npx hardhat price:submit",
    });
  }
}

/** Governance has paused a collateral. Its orders wait. */
export class CollateralPaused extends MintdError {
  readonly code = "COLLATERAL_PAUSED";
  constructor(collateral: string) {
    super(`the collateral ${collateral} is paused`, {
      hint: "its orders wait and go on by themselves once governance lets it mint again",
    });
  }
}

/** All positions of a collateral together may owe no more. Orders that do not fit wait; smaller ones go on. */
export class DebtCeilingReached extends MintdError {
  readonly code = "DEBT_CEILING_REACHED";
  /** @param ceiling in cast tokens, as a decimal number */
  constructor(collateral: string, ceiling: string) {
    super(`the ceiling of ${ceiling} cast tokens for ${collateral} is reached`, {
      hint: "orders that do not fit wait until others repay or governance raises the ceiling",
    });
  }
}

/** A mint would revert in words that mintd does not know. Doubt: the order waits and is tried again with each block. */
export class MintHeldBack extends MintdError {
  readonly code = "MINT_HELD_BACK";
  constructor(reason: string) {
    super(`a mint of cast tokens is held back: ${reason}`, {
      hint: "look at the vault and its price feed; the order is kept and tried again with every block",
    });
  }
}
