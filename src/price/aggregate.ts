import { agreedPrice, type Terms } from "./agree.ts";
import { type SourceKey, verifies } from "./eddsa.ts";
import { InvalidPriceInput, type QuoteRefusal } from "./errors.ts";
import { packReport, type PublicInputs, publicSignals, quotedFrom } from "./public-inputs.ts";
import { type Quote, quoteMessage } from "./quote.ts";
import { sourcesRoot } from "./sources.ts";
import { fits, widths } from "./widths.ts";

/** Which price is asked for, of whom, and what the proof is bound to. */
export interface PriceRequest extends Terms {
  readonly assetId: bigint;
  /** The registered keys in their registered order, one slot of the circuit each. */
  readonly sources: readonly SourceKey[];
  /** Quotes of [timestamp - maxAge, timestamp] count; seconds. */
  readonly timestamp: number;
  readonly maxAge: number;
  /** The second of the price that the contract has: no quote of that second or before can replace it, so none counts. */
  readonly newerThan?: number;
  readonly blockNumber: number;
  /** 256 bits. */
  readonly blockHash: bigint;
  /** What the proof may be used for: keccak256(chainId, contract, recipient or zero, nonce, circuitId) >> 8. */
  readonly context: bigint;
}

/** Inputs of PriceAggregation by name, as a witness program takes them. */
export type CircuitInputs = Readonly<Record<string, bigint | readonly bigint[]>>;

export interface Aggregation {
  /** The lower median of the quotes that count. */
  readonly price: bigint;
  /** When the oldest of them was signed, in seconds since 1970: what the contract will call the price's second. */
  readonly quotedFrom: number;
  readonly publicInputs: PublicInputs;
  readonly inputs: CircuitInputs;
  /** Quotes that do not count, and why. */
  readonly refused: readonly { readonly quote: Quote; readonly why: QuoteRefusal }[];
}

/** What a disabled slot carries: the curve's neutral point and zeros. The circuit looks at its ranges alone. */
const nobody = { price: 0n, timestamp: 0, signature: { r8x: 0n, r8y: 1n, s: 0n } };

/**
 * The price that signed quotes agree on, and the inputs that prove it. Pure. Every quote that is good counts: a good one that
 * deviates refuses the whole price, since leaving it out would be the prover's choice of a median.
 * Of a source's quotes the newest counts; where it signed two prices for one second, none does.
 * The report's maxAge is no more than is true, so that nobody can put older quotes in the place of these.
 * @throws QuorumNotReached, DeviationTooLarge the quotes give no price
 * @throws InvalidPriceInput, InvalidSourceSet the request itself cannot be proven
 */
export function aggregate(request: PriceRequest, quotes: readonly Quote[]): Aggregation {
  checkRequest(request);
  const { sources, timestamp, assetId, blockHash } = request;
  const root = sourcesRoot(sources);
  const refused: { quote: Quote; why: QuoteRefusal }[] = [];
  const signed: Quote[] = [];
  for (const quote of quotes) {
    const why = refusalOf(quote, request);
    if (why === undefined) signed.push(quote);
    else refused.push({ quote, why });
  }
  const good = new Map<number, Quote>();
  for (const quote of signed) {
    if (isOutdone(quote, signed)) refused.push({ quote, why: "SOURCE_TWICE" });
    else good.set(slotOf(quote, sources), quote);
  }
  const price = agreedPrice(
    [...good.values()].map((quote) => quote.price),
    request,
    refused.map(({ why }) => why),
  );
  const maxAge = timestamp - Math.min(...[...good.values()].map((quote) => quote.timestamp));
  const report = { ...request, maxAge, price };
  const publicInputs = {
    packed: packReport(report),
    sourcesRoot: root,
    blockHashHi: blockHash >> 128n,
    blockHashLo: blockHash & ((1n << 128n) - 1n),
    context: request.context,
  };
  publicSignals(publicInputs);
  const slots = sources.map((_, slot) => good.get(slot) ?? nobody);
  const inputs = {
    ...publicInputs,
    blockNumber: BigInt(request.blockNumber),
    quorum: BigInt(request.quorum),
    maxDeviationBps: BigInt(request.maxDeviationBps),
    maxAge: BigInt(maxAge),
    timestamp: BigInt(timestamp),
    price,
    assetId,
    enabled: sources.map((_, slot) => (good.has(slot) ? 1n : 0n)),
    Ax: sources.map(({ x }) => x),
    Ay: sources.map(({ y }) => y),
    R8x: slots.map(({ signature }) => signature.r8x),
    R8y: slots.map(({ signature }) => signature.r8y),
    S: slots.map(({ signature }) => signature.s),
    prices: slots.map((slot) => slot.price),
    times: slots.map((slot) => BigInt(slot.timestamp)),
  };
  return { price, quotedFrom: quotedFrom(report), publicInputs, inputs, refused };
}

function checkRequest(request: PriceRequest): void {
  if (request.quorum < 1) throw new InvalidPriceInput("quorum", "is not at least 1");
  if (!fits(request.blockHash, 256)) throw new InvalidPriceInput("blockHash", "is not a number of 256 bits");
  if (!fits(request.context, 248)) throw new InvalidPriceInput("context", "is not a number of 248 bits");
  packReport({ ...request, price: 0n });
}

/** The slot of a quote's source, or -1. */
function slotOf({ source }: Quote, sources: readonly SourceKey[]): number {
  return sources.findIndex((key) => isSame(key, source));
}

const isSame = (a: SourceKey, b: SourceKey): boolean => a.x === b.x && a.y === b.y;

/** Why a quote does not count by itself, or undefined. What costs most, the signature, comes last. */
function refusalOf({ source, price, timestamp, signature }: Quote, request: PriceRequest): QuoteRefusal | undefined {
  const { newerThan = -1 } = request;
  if (!request.sources.some((key) => isSame(key, source))) return "SOURCE_UNKNOWN";
  if (price < 1n || !fits(price, widths.PRICE_BITS)) return "PRICE_OUT_OF_RANGE";
  if (timestamp > request.timestamp) return "QUOTE_FROM_THE_FUTURE";
  if (!fits(timestamp, widths.TIME_BITS) || request.timestamp - timestamp > request.maxAge) return "QUOTE_TOO_OLD";
  if (timestamp <= newerThan) return "NOT_NEWER";
  return verifies(source, quoteMessage(request.assetId, price, timestamp), signature) ? undefined : "SIGNATURE_INVALID";
}

/** Whether one of the sources signed the quote for this asset. What is in no range has nobody signed. */
export function isSignedBy(sources: readonly SourceKey[], assetId: bigint, { source, price, timestamp, signature }: Quote): boolean {
  if (!sources.some((key) => isSame(key, source))) return false;
  if (!fits(price, widths.PRICE_BITS) || !fits(timestamp, widths.TIME_BITS)) return false;
  return verifies(source, quoteMessage(assetId, price, timestamp), signature);
}

/** Whether its source signed something newer, or another price for the same second. A quote sent twice over is one. */
function isOutdone(quote: Quote, signed: readonly Quote[]): boolean {
  return signed.some(
    ({ source, price, timestamp }) =>
      isSame(source, quote.source) && (timestamp > quote.timestamp || (timestamp === quote.timestamp && price !== quote.price)),
  );
}
