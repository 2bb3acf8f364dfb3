import { BPS, covered, gainD18, type Holding, min, ratioOf, type Seizure, seize, shortfallD18, type Terms } from "./position.ts";

/** A position of one account in one collateral, as of one block. */
export interface Position extends Holding {
  readonly collateral: string;
  readonly account: string;
}

/** A collateral's terms and its price, as of one block. */
export interface Market {
  readonly terms: Terms;
  /** With 8 decimals; 0 if there is none. */
  readonly price: bigint;
  /** When the sources agreed on it, in Unix seconds. */
  readonly pricedAt: bigint;
}

/** A liquidation worth sending. */
export interface Liquidation {
  readonly collateral: string;
  readonly account: string;
  /** What the vault is told to take at most: with a margin, as fees are charged until it is mined. */
  readonly maxRepayD18: bigint;
  /** What it takes at the price that was seen. */
  readonly repaidD18: bigint;
  readonly seized: bigint;
  readonly shortfallD18: bigint;
  /** Only a part: the balance, or the debt floor, allows no more. */
  readonly partial: boolean;
}

const CAST_UNIT = 10n ** 18n;
/** A price of 1. */
const PRICE_UNIT = 10n ** 8n;
const SECONDS_PER_YEAR = 365n * 24n * 3_600n;

/** For so long a transaction may wait while its margin for fees holds. */
const MARGIN_SECONDS = 3_600n;

/** Whether the price neither is missing nor older than the collateral's limit at this time. */
export const isFresh = ({ price, pricedAt, terms }: Market, at: bigint): boolean => price > 0n && at <= pricedAt + terms.maxPriceAgeSeconds;

/** A position below its collateral's ratio. */
interface Uncovered {
  readonly position: Position;
  readonly market: Market;
  readonly shortfall: bigint;
}

/**
 * Which positions are not covered at this time, and how many that owe something nobody can judge or liquidate: their market is
 * paused, unknown or without a fresh price.
 */
export function judge(
  positions: readonly Position[],
  markets: ReadonlyMap<string, Market>,
  at: bigint,
): { readonly uncovered: readonly Uncovered[]; readonly unjudged: number } {
  const uncovered: Uncovered[] = [];
  let unjudged = 0;
  for (const position of positions) {
    if (position.debtD18 === 0n) continue;
    const market = markets.get(position.collateral);
    if (!market || market.terms.paused || !isFresh(market, at)) {
      unjudged++;
      continue;
    }
    const { terms, price } = market;
    if (covered(position, terms.decimals, price, terms.liquidationRatioBps)) continue;
    uncovered.push({ position, market, shortfall: shortfallD18(position, terms.decimals, price, terms.liquidationRatioBps) });
  }
  return { uncovered, unjudged };
}

/**
 * Which positions to liquidate, the largest shortfall first, as far as the balance reaches. A position is taken whole if
 * that can be paid; otherwise a part that leaves the debt floor, or nothing where not even that is possible.
 * Markets that are paused, unknown or without a fresh price are left alone, and so is what would seize nothing.
 * @param at Unix seconds of the block that all was read at
 * @param isBusy positions to leave alone for now
 * @param aboveD18 what the worth of the seized collateral must exceed what is paid by, e.g. `gasCostD18`; undefined: it need not
 */
export function liquidations(
  positions: readonly Position[],
  markets: ReadonlyMap<string, Market>,
  balanceD18: bigint,
  at: bigint,
  isBusy: (position: Position) => boolean = () => false,
  aboveD18?: bigint,
): Liquidation[] {
  const isWorthIt = (seizure: Seizure, { terms, price }: Market): boolean =>
    seizure.seized > 0n && (aboveD18 === undefined || gainD18(seizure, terms.decimals, price) > aboveD18);
  const short = judge(positions, markets, at).uncovered.filter(({ position }) => !isBusy(position));
  short.sort((a, b) => (a.shortfall < b.shortfall ? 1 : a.shortfall > b.shortfall ? -1 : 0));
  const chosen: Liquidation[] = [];
  let left = balanceD18;
  for (const { position, market, shortfall } of short) {
    const part = largestPart(position, market, left);
    if (!part || !isWorthIt(part.seizure, market)) continue;
    const { maxRepayD18, repaidD18, seizure, partial } = part;
    const { collateral, account } = position;
    chosen.push({ collateral, account, maxRepayD18, repaidD18, seized: seizure.seized, shortfallD18: shortfall, partial });
    left -= repaidD18;
  }
  return chosen;
}

interface Part extends Pick<Liquidation, "maxRepayD18" | "repaidD18" | "partial"> {
  readonly seizure: Seizure;
}

/** All of the position, or as much of it as can be paid; undefined where the floor or the balance allows nothing. */
function largestPart(position: Position, { terms, price }: Market, leftD18: bigint): Part | undefined {
  const margin =
    (position.debtD18 * terms.feeBpsPerYear * MARGIN_SECONDS) / (BPS * SECONDS_PER_YEAR) + (terms.feeBpsPerYear > 0n ? 1n : 0n);
  const whole = seize(position, terms, price, position.debtD18);
  // The collateral's worth does not grow by fees: only a debt that is paid whole needs the margin.
  const needed = whole.lossD18 > 0n ? whole.repaidD18 : whole.repaidD18 + margin;
  const maxRepayD18 = min(leftD18, position.debtD18 + margin);
  if (needed <= leftD18) return { maxRepayD18, repaidD18: needed, seizure: whole, partial: false };
  const affordable = min(leftD18, position.debtD18 - terms.floorCast * CAST_UNIT);
  if (affordable <= 0n) return undefined;
  const seizure = seize(position, terms, price, affordable);
  return { maxRepayD18: affordable, repaidD18: seizure.repaidD18, seizure, partial: true };
}

/** About what a transaction that liquidates uses; docs/contracts.md has what was measured. */
const LIQUIDATION_GAS = 110_000n;

/**
 * What the gas of a liquidation costs in cast tokens, with 18 decimals; undefined where ether has no fresh price. What a rollup
 * takes for publishing the transaction is not in it.
 * @param weiPerGas what a unit of gas costs, base fee and tip
 * @param ether the market of wrapped ether
 * @param at Unix seconds of the block that the market was read at
 */
export function gasCostD18(weiPerGas: bigint, ether: Market | undefined, at: bigint): bigint | undefined {
  if (!ether || !isFresh(ether, at)) return undefined;
  return (LIQUIDATION_GAS * weiPerGas * ether.price) / PRICE_UNIT;
}

/** Positions that owe something, the worst covered first; those whose collateral has no price stand last. */
export function worstFirst(positions: readonly Position[], markets: ReadonlyMap<string, Market>): Position[] {
  const ratio = ({ collateral, ...holding }: Position): bigint => {
    const market = markets.get(collateral);
    if (!market || market.price === 0n) return 1n << 255n;
    return ratioOf(holding, market.terms.decimals, market.price) ?? 1n << 255n;
  };
  const rated = positions.filter(({ debtD18 }) => debtD18 > 0n).map((position) => ({ position, ratio: ratio(position) }));
  return rated.sort((a, b) => (a.ratio < b.ratio ? -1 : a.ratio > b.ratio ? 1 : 0)).map(({ position }) => position);
}
