import { parseUnits } from "ethers";
import { networkOf } from "../src/chain/index.ts";
import { developmentSources, type Quote, readQuotes, signQuote, type SourceKey } from "../src/price/index.ts";
import { collectQuotes, PRICE_DECIMALS, quoteSourcesOf } from "../src/price/feeds/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { type PriceContext, textOf } from "./price-context.ts";
import { describeError } from "./print.ts";
import { secretNamed } from "./secrets.ts";

export interface QuoteArgs {
  /** Prices that development sources sign, one for each in its order; an empty one stays silent. */
  readonly prices: string;
  /** A file of signed quotes. */
  readonly quotes: string;
}

export interface QuotesWanted {
  readonly assetId: bigint;
  readonly sources: readonly SourceKey[];
  /** The chain's newest second, which development sources sign. */
  readonly now: () => Promise<number>;
  readonly local: boolean;
  /** Asks the configured sources; undefined where none is configured for the asset. */
  readonly configured: () => Promise<readonly Quote[] | undefined>;
}

/**
 * Signed quotes from wherever the arguments say. Nothing is judged: `aggregate` does that.
 * @throws InvalidArgument, UnreadablePriceFile
 */
export async function quotesFrom({ prices, quotes }: QuoteArgs, wanted: QuotesWanted): Promise<readonly Quote[]> {
  if (prices !== "" && quotes !== "") throw new InvalidArgument("--prices and --quotes", "exclude each other", example);
  if (quotes !== "") return readQuotes(textOf(quotes), quotes);
  if (prices !== "") return developmentQuotes(prices, wanted, await wanted.now());
  const collected = await wanted.configured();
  if (collected) return collected;
  throw new InvalidArgument("--prices or --quotes", "is missing, and prices.sources has no source of the asset", example);
}

/**
 * Asks one's own sources, those of the setting prices.sources; what failed is said on stderr and costs its own quote alone.
 * @throws InvalidFeed, FeedSequencerMissing, InvalidSourceKey, SecretMissing
 */
export async function configuredQuotes(
  { context: { hre, config, rpc }, deployment }: PriceContext,
  assetId: bigint,
): Promise<readonly Quote[] | undefined> {
  const { chainId } = deployment;
  const sources = await quoteSourcesOf(config.prices.sources, assetId, {
    rpc,
    network: networkOf(chainId),
    secretNamed: (name) => secretNamed(hre, name),
  });
  if (sources.length === 0) return undefined;
  const { timeoutMs } = config.prices;
  const { quotes, failed } = await collectQuotes(sources, { assetId }, { signal: new AbortController().signal, timeoutMs });
  for (const { source, error } of failed) console.error(`source ${source}: ${describeError(error)}`);
  return quotes;
}

const example = '--prices "2000.10,2000.20,1999.90"';

function developmentQuotes(list: string, { assetId, sources, local }: Omit<QuotesWanted, "now">, timestamp: number): Quote[] {
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
