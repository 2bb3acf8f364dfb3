import { InvalidPriceInput } from "./errors.ts";

/**
 * The number of an asset by its symbol: the symbol's ASCII characters as bytes, so that ETH is 0x455448. The contracts and the
 * circuit take any number of 64 bits; this is how the settings make theirs.
 * @throws InvalidPriceInput it is not 1 to 8 capital letters and digits
 */
export function assetIdOf(symbol: string): bigint {
  if (!/^[A-Z0-9]{1,8}$/.test(symbol)) throw new InvalidPriceInput("asset", "is not a symbol of 1 to 8 capital letters and digits");
  return BigInt(`0x${Buffer.from(symbol, "ascii").toString("hex")}`);
}
