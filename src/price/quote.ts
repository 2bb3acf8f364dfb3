import type { Signature, SourceKey, SourceSigner } from "./eddsa.ts";
import { InvalidPriceInput } from "./errors.ts";
import { fits, QUOTE_DOMAIN, widths } from "./widths.ts";

/** One source's word: this asset was worth `price` at `timestamp`. */
export interface Quote {
  readonly source: SourceKey;
  /** In the asset's own unit, 1..2^64 - 1. */
  readonly price: bigint;
  /** In seconds since 1970, 40 bits. */
  readonly timestamp: number;
  readonly signature: Signature;
}

/**
 * What a source signs: domain | assetId | price | timestamp, 232 bits, so that no two quotes are one message.
 * @throws InvalidPriceInput a part is out of its range
 */
export function quoteMessage(assetId: bigint, price: bigint, timestamp: number): bigint {
  if (!fits(assetId, widths.ASSET_BITS)) throw new InvalidPriceInput("assetId", "is not a number of 64 bits");
  if (!fits(price, widths.PRICE_BITS)) throw new InvalidPriceInput("price", "is not a number of 64 bits");
  if (!fits(timestamp, widths.TIME_BITS)) throw new InvalidPriceInput("timestamp", "is not a whole number of 40 bits");
  const asset = (QUOTE_DOMAIN << BigInt(widths.ASSET_BITS)) + assetId;
  return (((asset << BigInt(widths.PRICE_BITS)) + price) << BigInt(widths.TIME_BITS)) + BigInt(timestamp);
}

/**
 * A quote with its signature.
 * @throws InvalidPriceInput a part is out of its range
 */
export function signQuote(signer: SourceSigner, assetId: bigint, price: bigint, timestamp: number): Quote {
  return { source: signer.key, price, timestamp, signature: signer.sign(quoteMessage(assetId, price, timestamp)) };
}
