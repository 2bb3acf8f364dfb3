/** Decimals of every price here, as the contracts' IPriceFeed has them. */
export const PRICE_DECIMALS = 8;

/** value * 10^exponent with 8 decimals; what is beyond them is cut off, towards zero. */
export function toPrice(value: bigint, exponent: number): bigint {
  const shift = exponent + PRICE_DECIMALS;
  return shift >= 0 ? value * 10n ** BigInt(shift) : value / 10n ** BigInt(-shift);
}

/**
 * A decimal number as JSON writes one, with 8 decimals; undefined where it is none, or so long that no price is.
 * No floating point in between: 0.29 is 29000000.
 */
export function parsePrice(text: string): bigint | undefined {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)([0-9]{1,40})(?:\.([0-9]{1,40}))?(?:[eE]([+-]?[0-9]{1,2}))?$/.exec(text) ?? [];
  if (whole === "") return undefined;
  return toPrice(BigInt(sign + whole + fraction), Number(exponent) - fraction.length);
}
