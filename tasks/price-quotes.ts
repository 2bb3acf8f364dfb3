import { parseUnits } from "ethers";
import { developmentSources, type Quote, readQuotes, signQuote, type SourceKey } from "../src/price/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { textOf } from "./price-context.ts";

/** Decimals of every price. */
export const PRICE_DECIMALS = 8;

export interface QuoteArgs {
  /** Prices that development sources sign, one for each in its order; an empty one stays silent. */
  readonly prices: string;
  /** A file of signed quotes. */
  readonly quotes: string;
}

export interface QuotesWanted {
  readonly assetId: bigint;
  readonly sources: readonly SourceKey[];
  /** Seconds; what development sources sign. */
  readonly timestamp: number;
  readonly local: boolean;
}

/**
 * Signed quotes from wherever the arguments say. Nothing is judged: `aggregate` does that.
 * @throws InvalidArgument, UnreadablePriceFile
 */
export function quotesFrom({ prices, quotes }: QuoteArgs, wanted: QuotesWanted): Quote[] {
  if (prices !== "" && quotes !== "") throw new InvalidArgument("--prices and --quotes", "exclude each other", example);
  if (quotes !== "") return readQuotes(textOf(quotes), quotes);
  if (prices !== "") return developmentQuotes(prices, wanted);
  throw new InvalidArgument("--prices or --quotes", "is missing", example);
}

const example = '--prices "2000.10,2000.20,1999.90"';

function developmentQuotes(list: string, { assetId, sources, timestamp, local }: QuotesWanted): Quote[] {
  if (!local)
    throw new InvalidArgument("--prices", "are signed by development sources, which only local chains take", "--quotes quotes.json");
  const prices = list.split(",").map((each) => each.trim());
  if (prices.length !== sources.length)
    throw new InvalidArgument("--prices", `has ${prices.length} prices for ${sources.length} sources`, example);
  const signers = developmentSources(sources.length);
  return prices.flatMap((price, at) => {
    const signer = signers[at];
    return price === "" || !signer ? [] : [signQuote(signer, assetId, priceOf(price), timestamp)];
  });
}

function priceOf(text: string): bigint {
  if (!/^\d{1,20}(\.\d{1,8})?$/.test(text))
    throw new InvalidArgument("--prices", `has '${text}', which is no price of 8 decimals`, example);
  return parseUnits(text, PRICE_DECIMALS);
}
