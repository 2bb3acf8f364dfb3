import { createHash } from "node:crypto";
import type { Fees } from "../chain/fees/fees.ts";

/** What the ledger needs to know of signed bytes. */
export interface Signed {
  /** What goes on the wire, 0x hex. */
  readonly raw: string;
  readonly hash: string;
  readonly chainId: number;
  readonly nonce: number;
  readonly gasLimit: number;
  /** Of a transaction with a gas price, both are that. */
  readonly fees: Fees;
  readonly content: string;
}

/** What a transaction is for, without its nonce and price. */
export interface Content {
  /** Null or undefined: a deployment. */
  readonly to: string | null | undefined;
  readonly data: string | undefined;
  readonly value: bigint | undefined;
}

/** What another attempt of recorded bytes has that they have not. */
export interface Change {
  readonly nonce?: number;
  readonly fees?: Fees;
}

/** A library's way with transactions of one account. */
export interface TransactionKit {
  /** @throws UnsupportedTransaction */
  read(raw: string): Signed;
  /** The transaction in `raw` with another nonce or other fees, signed anew. */
  resign(raw: string, change: Change): Promise<string>;
  /** A transfer of nothing to the account itself. */
  noOp(nonce: number, fees: Fees, gas: number): Promise<string>;
}

/** EIP-2718 types that are sent: legacy, EIP-2930, EIP-1559. Blobs are not in the signed bytes; an EIP-7702 authorisation may use nonces. */
export const sentTypes: readonly number[] = [0, 1, 2];

/** A maximum fee that is all tip is a gas price, which every chain knows: such a no-op may stand for a legacy transaction. */
export const noOpType = ({ maxFeePerGas, maxPriorityFeePerGas }: Fees): 0 | 2 => (maxFeePerGas === maxPriorityFeePerGas ? 0 : 2);

/** One name for the same content, whatever nonce, gas and fees it is sent with. */
export function contentOf({ to, data, value }: Content): string {
  const plain = [to?.toLowerCase() ?? "", data?.toLowerCase() ?? "0x", (value ?? 0n).toString()];
  return createHash("sha256").update(JSON.stringify(plain)).digest("hex");
}
