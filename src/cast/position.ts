/** Hundredths of a percent in a whole. */
export const BPS = 10_000n;

/** What a liquidator gets at most where the collateral is worth less than the debt, in 1/10,000; as `Cover.sol` has it. */
const INCENTIVE_BPS = 200n;

/** From a price with 8 decimals to a debt with 18. */
const PRICE_TO_D18 = 10n ** 10n;

/** What a position holds, in the collateral's smallest unit, and owes, with 18 decimals. */
export interface Holding {
  readonly amount: bigint;
  readonly debtD18: bigint;
}

/** What the vault says of a collateral now. */
export interface Terms {
  readonly assetId: bigint;
  readonly decimals: number;
  /** What mints and withdrawals must meet. */
  readonly ratioBps: bigint;
  /** Below this a position is liquidated: a gap below `ratioBps`, and less while a raised ratio ramps. */
  readonly liquidationRatioBps: bigint;
  readonly liquidationBonusBps: bigint;
  readonly feeBpsPerYear: bigint;
  readonly maxPriceAgeSeconds: bigint;
  /** In whole cast tokens, as the floor. */
  readonly ceilingCast: bigint;
  readonly floorCast: bigint;
  readonly paused: boolean;
}

/** What a liquidation would come to. */
export interface Seizure {
  readonly repaidD18: bigint;
  readonly seized: bigint;
  /** Debt that nobody pays; the other positions of the collateral owe it. */
  readonly lossD18: bigint;
  /** What the position owes afterwards. */
  readonly leftD18: bigint;
}

/** Whether the position's collateral is worth what the ratio demands of its debt. Without a division, as in the vault. */
export const covered = ({ amount, debtD18 }: Holding, decimals: number, price: bigint, ratioBps: bigint): boolean =>
  amount * price * PRICE_TO_D18 * BPS >= debtD18 * ratioBps * 10n ** BigInt(decimals);

/** The worth of the collateral in 1/10,000 of the debt, rounded down; undefined where nothing is owed. */
export function ratioOf({ amount, debtD18 }: Holding, decimals: number, price: bigint): bigint | undefined {
  return debtD18 === 0n ? undefined : (amount * price * PRICE_TO_D18 * BPS) / (debtD18 * 10n ** BigInt(decimals));
}

/** The lowest price, with 8 decimals, at which the position is still covered; undefined where there is none. */
export function lowestPrice({ amount, debtD18 }: Holding, decimals: number, ratioBps: bigint): bigint | undefined {
  if (debtD18 === 0n || amount === 0n) return undefined;
  return ceilDiv(debtD18 * ratioBps * 10n ** BigInt(decimals), amount * PRICE_TO_D18 * BPS);
}

/** How much more the collateral would have to be worth to cover the debt, with 18 decimals, rounded up; 0 where it does. */
export function shortfallD18({ amount, debtD18 }: Holding, decimals: number, price: bigint, ratioBps: bigint): bigint {
  const unit = 10n ** BigInt(decimals);
  const missing = debtD18 * ratioBps * unit - amount * price * PRICE_TO_D18 * BPS;
  return missing <= 0n ? 0n : ceilDiv(missing, BPS * unit);
}

/**
 * What `liquidate` of the vault takes and gives at this price, rounded as there: `seize` in `Cover.sol`. The position owes
 * something; whether it may be liquidated, and whether what is left is above the floor, is not asked. A part's debt is paid in
 * shares that are rounded down, so that the vault may say that a few units more are left.
 */
export function seize(holding: Holding, terms: Pick<Terms, "decimals" | "liquidationBonusBps">, price: bigint, maxD18: bigint): Seizure {
  const { amount, debtD18 } = holding;
  const sound = covered(holding, terms.decimals, price, BPS);
  const bonusBps = sound ? terms.liquidationBonusBps : min(terms.liquidationBonusBps, INCENTIVE_BPS);
  const perCast = (BPS + bonusBps) * 10n ** BigInt(terms.decimals);
  const perUnit = price * PRICE_TO_D18 * BPS;
  const worthD18 = ceilDiv(amount * perUnit, perCast); // what buys all the collateral
  if (!sound && worthD18 <= maxD18) return { repaidD18: worthD18, seized: amount, lossD18: debtD18 - worthD18, leftD18: 0n };
  const repaidD18 = min(maxD18, debtD18);
  const bought = (repaidD18 * perCast) / perUnit;
  // No more than its part of the debt: the bonus comes out of what the collateral is worth beyond it.
  const seized = sound ? min(bought, (amount * repaidD18) / debtD18) : bought;
  return { repaidD18, seized, lossD18: 0n, leftD18: debtD18 - repaidD18 };
}

/** What a liquidation wins: the worth of the collateral at this price less what is paid, with 18 decimals, rounded down. */
export const gainD18 = ({ seized, repaidD18 }: Pick<Seizure, "seized" | "repaidD18">, decimals: number, price: bigint): bigint =>
  (seized * price * PRICE_TO_D18) / 10n ** BigInt(decimals) - repaidD18;

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
