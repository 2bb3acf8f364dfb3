import { z } from "zod";
import { keccak256, keccak256OfText } from "../../keccak/index.ts";
import { InvalidSignature, recover } from "../../voucher/index.ts";
import { parsePrice } from "./decimals.ts";

/** A signed data package as RedStone's gateways give it in JSON. What else they say of it is not signed and not looked at. */
export const dataPackage = z.object({
  timestampMilliseconds: z
    .int()
    .min(0)
    .max(2 ** 48 - 1),
  /** Base64 of r, s and v, 65 bytes. */
  signature: z.base64().length(88),
  dataPoints: z
    .array(z.object({ dataFeedId: z.string().min(1).max(256), value: z.union([z.number(), z.string().max(80)]) }))
    .min(1)
    .max(4_096),
});

export type DataPackage = z.output<typeof dataPackage>;

/** What somebody signed: a price with 8 decimals, at a time. */
export interface SignedPrice {
  /** Checksummed address of who signed. */
  readonly signer: string;
  readonly price: bigint;
  readonly timestampMs: number;
}

/** Widths of the binary form in bytes. */
const width = { id: 32, value: 32, timestamp: 6, valueSize: 4, count: 3 };

/**
 * What a package says of one feed, and who signed it; undefined where it says nothing of it or nobody can have signed it.
 * That somebody signed says little: anybody can. Whether he may is the caller's question.
 */
export function signedPrice(of: DataPackage, feedId: string): SignedPrice | undefined {
  const points = of.dataPoints.map(({ dataFeedId, value }) => ({ id: idBytes(dataFeedId), value: valueOf(value) }));
  const wanted = idBytes(feedId);
  const price = points.find(({ id }) => id.equals(wanted))?.value;
  if (price === undefined) return undefined;
  const bytes = packageBytes(points, of.timestampMilliseconds);
  if (bytes === undefined) return undefined;
  try {
    const signer = recover(keccak256(bytes), Buffer.from(of.signature, "base64"));
    return { signer, price, timestampMs: of.timestampMilliseconds };
  } catch (error) {
    if (error instanceof InvalidSignature) return undefined;
    throw error;
  }
}

interface Point {
  readonly id: Buffer;
  /** undefined: no number that has a form of 32 bytes. */
  readonly value: bigint | undefined;
}

/**
 * The bytes that are hashed and signed: points in ascending order of their ids (32 bytes id, 32 bytes value), then time in
 * milliseconds (48 bits), size of a value (32 bits), number of points (24 bits), big-endian. Undefined where an id is twice
 * or a value has no such form.
 */
function packageBytes(points: readonly Point[], timestampMs: number): Buffer | undefined {
  const sorted = [...points].sort((a, b) => a.id.compare(b.id));
  const parts: Buffer[] = [];
  for (const [at, { id, value }] of sorted.entries()) {
    if (value === undefined || value < 0n || value >> 256n !== 0n || sorted[at - 1]?.id.equals(id)) return undefined;
    parts.push(id, Buffer.from(value.toString(16).padStart(2 * width.value, "0"), "hex"));
  }
  const end = Buffer.alloc(width.timestamp + width.valueSize + width.count);
  end.writeUIntBE(timestampMs, 0, width.timestamp);
  end.writeUIntBE(width.value, width.timestamp, width.valueSize);
  end.writeUIntBE(sorted.length, width.timestamp + width.valueSize, width.count);
  return Buffer.concat([...parts, end]);
}

/** The id's text and zeros; its hash where it is longer than 31 bytes. */
function idBytes(id: string): Buffer {
  if (Buffer.byteLength(id) > width.id - 1) return keccak256OfText(id);
  const bytes = Buffer.alloc(width.id);
  bytes.write(id, "utf8");
  return bytes;
}

/** As its signers round: a number to 8 decimals by its nearest double, a text as it stands. */
function valueOf(value: number | string): bigint | undefined {
  return parsePrice(typeof value === "number" ? value.toFixed(8) : value);
}
