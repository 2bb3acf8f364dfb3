import { BPS, covered, type Holding, min, ratioOf, seize, shortfallD18, type Terms } from "./position.ts";

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
const SECONDS_PER_YEAR = 365n * 24n * 3_600n;

/** For so long a transaction may wait while its margin for fees holds. */
const MARGIN_SECONDS = 3_600n;

/** Whether the price neither is missing nor older than the collateral's limit at this time. */
export const isFresh = ({ price, pricedAt, terms }: Market, at: bigint): boolean => price > 0n && at <= pricedAt + terms.maxPriceAgeSeconds;

/**
 * Which positions to liquidate, the largest shortfall first, as far as the balance reaches. A position is taken whole if
 * that can be paid; otherwise a part that leaves the debt floor, or nothing where not even that is possible.
 * Markets that are paused, unknown or without a fresh price are left alone.
 * @param at Unix seconds of the block that all was read at
 * @param isBusy positions to leave alone for now
 */
export function liquidations(
  positions: readonly Position[],
  markets: ReadonlyMap<string, Market>,
  balanceD18: bigint,
  at: bigint,
  isBusy: (position: Position) => boolean = () => false,
): Liquidation[] {
  const short = positions.flatMap((position) => {
    const market = markets.get(position.collateral);
    if (!market || market.terms.paused || !isFresh(market, at) || position.debtD18 === 0n || isBusy(position)) return [];
    const { terms, price } = market;
    if (covered(position, terms.decimals, price, terms.liquidationRatioBps)) return [];
    return [{ position, market, shortfall: shortfallD18(position, terms.decimals, price, terms.liquidationRatioBps) }];
  });
  short.sort((a, b) => (a.shortfall < b.shortfall ? 1 : a.shortfall > b.shortfall ? -1 : 0));
  const chosen: Liquidation[] = [];
  let left = balanceD18;
  for (const { position, market, shortfall } of short) {
    const order = orderFor(position, market, left);
    if (order === undefined) continue;
    chosen.push({ collateral: position.collateral, account: position.account, ...order, shortfallD18: shortfall });
    left -= order.repaidD18;
  }
  return chosen;
}

type Order = Omit<Liquidation, "collateral" | "account" | "shortfallD18">;

function orderFor(position: Position, { terms, price }: Market, leftD18: bigint): Order | undefined {
  const margin =
    (position.debtD18 * terms.feeBpsPerYear * MARGIN_SECONDS) / (BPS * SECONDS_PER_YEAR) + (terms.feeBpsPerYear > 0n ? 1n : 0n);
  const whole = seize(position, terms, price, position.debtD18);
  // The collateral's worth does not grow by fees: only a debt that is paid whole needs the margin.
  const needed = whole.lossD18 > 0n ? whole.repaidD18 : whole.repaidD18 + margin;
  const maxRepayD18 = min(leftD18, position.debtD18 + margin);
  if (needed <= leftD18) return { maxRepayD18, repaidD18: needed, seized: whole.seized, partial: false };
  const affordable = min(leftD18, position.debtD18 - terms.floorCast * CAST_UNIT);
  if (affordable <= 0n) return undefined;
  const part = seize(position, terms, price, affordable);
  // A part that buys nothing costs gas and gives nothing.
  if (part.seized === 0n) return undefined;
  return { maxRepayD18: affordable, repaidD18: part.repaidD18, seized: part.seized, partial: true };
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
