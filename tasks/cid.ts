import { base32nopad } from "@scure/base";
import { InvalidArgument } from "./arguments.ts";

/** Multicodec's numbers: content that is one block of bytes, and a digest of sha2-256, 32 bytes long. */
const raw = 0x55;
const sha256Head = [0x12, 0x20] as const;
const digestBytes = 32;

const example = "--cid bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

/**
 * The digest in a CID's multihash, as 0x and 64 digits: what CircuitRegistry keeps.
 * @param text a CIDv1 in base32 over sha2-256, whatever its codec; or the digest itself
 * @throws InvalidArgument
 */
export function cidDigest(text: string): string {
  if (/^0x[0-9a-f]{64}$/.test(text)) return text;
  if (!/^b[a-z2-7]+$/.test(text))
    throw new InvalidArgument("--cid", `is '${text}', and must be a CIDv1 in base32, or 0x and 64 digits`, example);
  const bytes = bytesOf(text);
  const rest = bytes[0] === 1 ? afterNumber(bytes.subarray(1)) : undefined;
  const isSha256 = rest?.length === sha256Head.length + digestBytes && sha256Head.every((byte, at) => rest[at] === byte);
  if (!rest || !isSha256) throw new InvalidArgument("--cid", `is '${text}', which is no CIDv1 over sha2-256`, example);
  return `0x${Buffer.from(rest.subarray(sha256Head.length)).toString("hex")}`;
}

/** The CIDv1 under which one raw block with this digest is found. The registry does not know another codec. */
export function rawCid(digest: string): string {
  const bytes = Uint8Array.from([1, raw, ...sha256Head, ...Buffer.from(digest.slice(2), "hex")]);
  return `b${base32nopad.encode(bytes).toLowerCase()}`;
}

function bytesOf(text: string): Uint8Array {
  try {
    return base32nopad.decode(text.slice(1).toUpperCase());
  } catch {
    throw new InvalidArgument("--cid", `is '${text}', which is no base32`, example);
  }
}

/** What comes after a number of 7 bits a byte, the codec's; undefined where it does not end within 9 bytes. */
function afterNumber(bytes: Uint8Array): Uint8Array | undefined {
  const last = bytes.subarray(0, 9).findIndex((byte) => byte < 0x80);
  return last < 0 ? undefined : bytes.subarray(last + 1);
}
