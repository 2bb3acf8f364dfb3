import type { MinterName } from "../src/chain/index.ts";
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
