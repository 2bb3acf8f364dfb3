import { keccak256 } from "./keccak/index.ts";

/** The zero address: nobody; minting to it is refused everywhere. */
export const ZERO_ADDRESS = "0x0000000000000000000000000000000000000000";

const SHAPE = /^0x[0-9a-fA-F]{40}$/;
const DIGIT_9 = 0x39;

/**
 * The checksummed form of an address. Source: EIP-55.
 * @param address 20 bytes, or `0x` and 40 hexadecimal digits in any case (not checked here; see `addressProblem`).
 */
export function checksumAddress(address: Uint8Array | string): string {
  const lower =
    typeof address === "string"
      ? address.slice(2).toLowerCase()
      : Buffer.from(address.buffer, address.byteOffset, address.byteLength).toString("hex");
  const digits = Buffer.from(lower, "latin1");
  const hash = keccak256(digits);
  for (let i = 0; i < digits.length; i++) {
    const digit = digits[i] ?? 0;
    const nibble = (hash[i >> 1] ?? 0) >> (i & 1 ? 0 : 4);
    if (digit > DIGIT_9 && nibble & 8) digits[i] = digit - 32; // to upper case
  }
  return "0x" + digits.toString("latin1");
}

/** What can be wrong with an address that somebody typed. */
export type AddressProblem = "malformed" | "checksum" | "zero";

/**
 * What is wrong with `text` as the receiver of tokens, or undefined.
 *
 * Mixed case must be the right EIP-55 checksum. All lower or all upper case carries no checksum and is accepted, as
 * wallets and ethers do. ICAP forms and addresses without `0x` are malformed.
 */
export function addressProblem(text: string): AddressProblem | undefined {
  if (!SHAPE.test(text)) return "malformed";
  if (text === ZERO_ADDRESS) return "zero";
  const digits = text.slice(2);
  if (digits === digits.toLowerCase() || digits === digits.toUpperCase()) return undefined;
  return checksumAddress(text) === text ? undefined : "checksum";
}
