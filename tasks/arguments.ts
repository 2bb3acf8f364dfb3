import { parseUnits } from "ethers";
import { addressProblem, checksumAddress } from "../src/address.ts";
import type { MinterName } from "../src/chain/index.ts";
import type { MintdConfig } from "../src/config/index.ts";
import { MintdError } from "../src/error.ts";

/** An argument of a task that cannot be used as it was given. */
export class InvalidArgument extends MintdError {
  readonly code = "INVALID_ARGUMENT";
  constructor(name: string, problem: string, example: string) {
    super(`${name} ${problem}`, { hint: `for example: ${example}` });
  }
}

/** `tokens` (ERC-721), `editions` (ERC-1155) or `cast` (cast tokens). @throws InvalidArgument */
export function minterNamed(name: string): MinterName {
  if (name === "tokens") return "VoucherMinter";
  if (name === "editions") return "EditionMinter";
  if (name === "cast") return "CastMinter";
  throw new InvalidArgument("--minter", `is '${name}', which is none of 'tokens', 'editions' and 'cast'`, "--minter tokens");
}

/** How a list is read for this minter: its limit, and what quantity and URI stand for. */
export function readingFor(minter: MinterName, { orders }: MintdConfig): { readonly maxQuantity: number; readonly isCast: boolean } {
  const isCast = minter === "CastMinter";
  return { maxQuantity: isCast ? orders.maxCastQuantity : orders.maxQuantity, isCast };
}

/** A decimal string as a number of smallest units. @throws InvalidArgument, also for zero or more decimals than there are */
export function amountOf(name: string, text: string, decimals: number, example: string): bigint {
  const [, fraction = ""] = text.split(".");
  if (!/^\d{1,60}(\.\d+)?$/.test(text)) {
    throw new InvalidArgument(name, text === "" ? "is missing" : `is '${text}', and must be a decimal number`, example);
  }
  if (fraction.length > decimals) throw new InvalidArgument(name, `has ${fraction.length} decimals, and ${decimals} is the most`, example);
  const amount = parseUnits(text, decimals);
  if (amount === 0n) throw new InvalidArgument(name, "is zero", example);
  return amount;
}

/** A checksummed address. @throws InvalidArgument */
export function addressNamed(name: string, text: string, example: string): string {
  const problem = addressProblem(text);
  if (text === "") throw new InvalidArgument(name, "is missing", example);
  if (problem !== undefined) throw new InvalidArgument(name, `is '${text}', which is no address (${problem})`, example);
  return checksumAddress(text);
}
