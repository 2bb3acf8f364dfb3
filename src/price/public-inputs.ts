import { InvalidPriceInput } from "./errors.ts";
import { FIELD, fits, widths } from "./widths.ts";

/** What a proof says about a price; packed into one public input. */
export interface Report {
  /** Block that the proof is bound to. */
  readonly blockNumber: number;
  /** How many sources at least agreed, 1..255. */
  readonly quorum: number;
  /** Bound on (highest - lowest) / lowest, in hundredths of a percent, exclusive; 0..16383. */
  readonly maxDeviationBps: number;
  /** How old a quote may be at the timestamp, in seconds, 0..65535. */
  readonly maxAge: number;
  /** End of the window, in seconds since 1970; the prover's to choose. */
  readonly timestamp: number;
  /** The lower median, in the asset's own unit; 64 bits. */
  readonly price: bigint;
  /** Which asset, 64 bits. */
  readonly assetId: bigint;
}

/** The five public inputs, in the circuit's order. */
export interface PublicInputs {
  readonly packed: bigint;
  readonly sourcesRoot: bigint;
  /** Upper and lower 128 bits of the block's hash. */
  readonly blockHashHi: bigint;
  readonly blockHashLo: bigint;
  /** What the proof may be used for; 248 bits, made by the contract. */
  readonly context: bigint;
}

/** Parts of `packed` and their widths, from its lowest bits. */
const layout = [
  ["blockNumber", widths.BLOCK_BITS],
  ["quorum", widths.QUORUM_BITS],
  ["maxDeviationBps", widths.DEVIATION_BITS],
  ["maxAge", widths.AGE_BITS],
  ["timestamp", widths.TIME_BITS],
  ["price", widths.PRICE_BITS],
  ["assetId", widths.ASSET_BITS],
] as const satisfies readonly (readonly [keyof Report, number])[];

/**
 * The public input `packed`, 246 bits.
 * @throws InvalidPriceInput a part is out of its range
 */
export function packReport(report: Report): bigint {
  let packed = 0n;
  let at = 0n;
  for (const [part, bits] of layout) {
    const value = report[part];
    if (!fits(value, bits)) throw new InvalidPriceInput(part, `is not a whole number of ${bits} bits`);
    packed += BigInt(value) << at;
    at += BigInt(bits);
  }
  return packed;
}

/**
 * What `packed` says.
 * @throws InvalidPriceInput it has more than 246 bits: no other encoding of a report is one
 */
export function unpackReport(packed: bigint): Report {
  const parts: Partial<Record<keyof Report, bigint>> = {};
  let rest = packed;
  for (const [part, bits] of layout) {
    parts[part] = rest & ((1n << BigInt(bits)) - 1n);
    rest >>= BigInt(bits);
  }
  if (rest !== 0n) throw new InvalidPriceInput("packed", "has more than 246 bits");
  const { price = 0n, assetId = 0n } = parts;
  const number = (part: keyof Report): number => Number(parts[part] ?? 0n);
  return {
    blockNumber: number("blockNumber"),
    quorum: number("quorum"),
    maxDeviationBps: number("maxDeviationBps"),
    maxAge: number("maxAge"),
    timestamp: number("timestamp"),
    price,
    assetId,
  };
}

/**
 * The second from which the quotes of a report are, none being older. ProvenPrices stores it as that of the price, counts its age
 * from there, and takes the next report only if it is from a later one.
 */
export const quotedFrom = ({ timestamp, maxAge }: Pick<Report, "timestamp" | "maxAge">): number => timestamp - maxAge;

/**
 * The public inputs as the verifier takes them, in order.
 * @throws InvalidPriceInput one is out of its range, so that a number that the field would reduce is never taken for another
 */
export function publicSignals({ packed, sourcesRoot, blockHashHi, blockHashLo, context }: PublicInputs): bigint[] {
  unpackReport(packed);
  if (sourcesRoot < 0n || sourcesRoot >= FIELD) throw new InvalidPriceInput("sourcesRoot", "is not below the field's order");
  if (!fits(blockHashHi, 128)) throw new InvalidPriceInput("blockHashHi", "is not a number of 128 bits");
  if (!fits(blockHashLo, 128)) throw new InvalidPriceInput("blockHashLo", "is not a number of 128 bits");
  if (!fits(context, 248)) throw new InvalidPriceInput("context", "is not a number of 248 bits");
  return [packed, sourcesRoot, blockHashHi, blockHashLo, context];
}
