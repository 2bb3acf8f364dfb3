import { InvalidPriceInput } from "./errors.ts";

/** 1 to 8 capital letters and digits, not digits alone: on a command line those are the number itself. */
export const assetSymbol = /^(?!\d+$)[A-Z0-9]{1,8}$/;
export const assetSymbolForm = "a symbol of 1 to 8 capital letters and digits, not of digits alone";

/**
 * The number of an asset by its symbol: the symbol's ASCII characters as bytes, so that ETH is 0x455448. The contracts and the
 * circuit take any number of 64 bits; this is how the settings make theirs.
 * @throws InvalidPriceInput it is no symbol
 */
export function assetIdOf(symbol: string): bigint {
  if (!assetSymbol.test(symbol)) throw new InvalidPriceInput("asset", `is not ${assetSymbolForm}`);
  return BigInt(`0x${Buffer.from(symbol, "ascii").toString("hex")}`);
}
