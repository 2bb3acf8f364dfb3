import { z } from "zod";
import type { SourceKey } from "./eddsa.ts";
import { UnreadablePriceFile } from "./errors.ts";
import type { Quote } from "./quote.ts";
import type { PriceReport, ProofWords } from "./report.ts";

/** A number in decimal digits, as a string: JSON's own numbers lose digits. */
const number = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, "is not a number in decimal digits, as a string")
  .transform(BigInt);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "is not an address");
const digest = z.string().regex(/^0x[0-9a-f]{64}$/, "is not 0x and 64 hexadecimal digits");
const source = z.strictObject({ x: number, y: number });
const sources = z.array(source).min(1);
const quotes = z.array(
  z.strictObject({
    source,
    price: number,
    timestamp: z.int().nonnegative(),
    signature: z.strictObject({ r8x: number, r8y: number, s: number }),
  }),
);
const report = z.strictObject({
  format: z.literal(1),
  chainId: z.int().positive(),
  /** The ProvenPrices contract. */
  contract: address,
  /** Whose proof it is; null: anybody may post it. */
  recipient: address.nullable(),
  circuitId: digest,
  packed: number,
  nonce: number,
  sourcesTerm: z.tuple([number, number]),
  proof: z.tuple([number, number, number, number, number, number, number, number]),
});

/** A proven price on its way to the chain. */
export interface ReportFile {
  readonly chainId: number;
  readonly contract: string;
  readonly recipient: string | null;
  readonly report: PriceReport;
  readonly proof: ProofWords;
}

/** The sources' public keys, `[{ "x": "…", "y": "…" }]`, in the order of the file. @throws UnreadablePriceFile */
export const readSources = (text: string, file: string): SourceKey[] => parsed(sources, text, file);

/** Signed quotes. @throws UnreadablePriceFile */
export const readQuotes = (text: string, file: string): Quote[] => parsed(quotes, text, file);

/** @throws UnreadablePriceFile */
export function readReport(text: string, file: string): ReportFile {
  const { chainId, contract, recipient, proof, circuitId, packed, nonce, sourcesTerm } = parsed(report, text, file);
  return { chainId, contract, recipient, proof, report: { circuitId, packed, nonce, sourcesTerm } };
}

/** Quotes, sources or a report as a file has them: numbers as strings. */
export const fileText = (value: unknown): string =>
  `${JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each), 2)}\n`;

export const reportText = ({ report: { circuitId, packed, nonce, sourcesTerm }, ...rest }: ReportFile): string =>
  fileText({ format: 1, ...rest, circuitId, packed, nonce, sourcesTerm });

function parsed<T>(schema: z.ZodType<T>, text: string, file: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadablePriceFile(file, "is not JSON");
  }
  const found = schema.safeParse(value);
  if (!found.success) throw new UnreadablePriceFile(file, z.prettifyError(found.error));
  return found.data;
}
