import { keccak256 } from "../keccak/index.ts";
import { InvalidPriceInput } from "./errors.ts";
import { fits } from "./widths.ts";

/** What a proof may be used for. */
export interface ProofContext {
  readonly chainId: bigint;
  /** The ProvenPrices contract, as 0x and 40 hexadecimal digits. */
  readonly contract: string;
  /** Whose proof it is; without one anybody may post it. */
  readonly recipient?: string;
  /** Any number of 256 bits. */
  readonly nonce: bigint;
  /** As the CircuitRegistry names the circuit: 0x and 64 digits. */
  readonly circuitId: string;
}

/**
 * The public input `context`: keccak256(abi.encode(chainId, contract, recipient or zero, nonce, circuitId)) >> 8, as the contract
 * computes it.
 * @throws InvalidPriceInput a part is out of its range
 */
export function proofContext({ chainId, contract, recipient, nonce, circuitId }: ProofContext): bigint {
  const words = [
    number("chainId", chainId),
    digits("contract", contract, 40),
    recipient === undefined ? number("recipient", 0n) : digits("recipient", recipient, 40),
    number("nonce", nonce),
    digits("circuitId", circuitId, 64),
  ];
  return BigInt(`0x${keccak256(Buffer.from(words.join(""), "hex")).toString("hex")}`) >> 8n;
}

function number(field: string, value: bigint): string {
  if (!fits(value, 256)) throw new InvalidPriceInput(field, "is not a number of 256 bits");
  return value.toString(16).padStart(64, "0");
}

function digits(field: string, value: string, length: number): string {
  if (!/^0x[0-9a-f]*$/i.test(value) || value.length !== length + 2) {
    throw new InvalidPriceInput(field, `is not 0x and ${length} hexadecimal digits`);
  }
  return value.slice(2).toLowerCase().padStart(64, "0");
}
