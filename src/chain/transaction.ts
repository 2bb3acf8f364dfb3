import { getBytes, Transaction } from "ethers";
import type { DigestSigner } from "../voucher/index.ts";

export interface UnsignedTransaction {
  readonly chainId: number;
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: number;
  /** Wei per gas. */
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface SignedTransaction {
  /** What goes on the wire, 0x hex. */
  readonly raw: string;
  readonly hash: string;
}

/** Signs an EIP-1559 transaction; deterministic, so the same transaction is always the same bytes. */
export async function signTransaction(unsigned: UnsignedTransaction, signer: DigestSigner): Promise<SignedTransaction> {
  const transaction = Transaction.from({ type: 2, value: 0n, ...unsigned });
  const signature = await signer.sign(getBytes(transaction.unsignedHash));
  transaction.signature = `0x${Buffer.from(signature).toString("hex")}`;
  const { serialized, hash } = transaction;
  if (hash === null) throw new TypeError("a signed transaction has a hash"); // ethers types it for unsigned ones too
  return { raw: serialized, hash };
}
