import { createHash } from "node:crypto";
import type { Fees } from "../../../../src/chain/fees/fees.ts";
import { contentOf, type Signed, type TransactionKit } from "../../../../src/durable/transactions.ts";

/** A transaction of the simulation. There is no signature: what is signed is decided elsewhere, and its bytes are its fields. */
export interface Transaction {
  readonly nonce: number;
  readonly to: string;
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
}

export const chainId = 7;
export const ours = "0x00000000000000000000000000000000000000aa";

export const rawOf = (transaction: Transaction): string => `0x${Buffer.from(JSON.stringify(transaction)).toString("hex")}`;
export const hashOf = (raw: string): string => `0x${createHash("sha256").update(raw).digest("hex")}`;
export const transactionOf = (raw: string): Transaction => JSON.parse(Buffer.from(raw.slice(2), "hex").toString()) as Transaction;

export function transfer(nonce: number, to: string, fees: Fees = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n }): string {
  const [maxFeePerGas, maxPriorityFeePerGas] = [fees.maxFeePerGas.toString(), fees.maxPriorityFeePerGas.toString()];
  return rawOf({ nonce, to, maxFeePerGas, maxPriorityFeePerGas });
}

export const contentTo = (to: string): string => contentOf({ to, data: "0x", value: 1n });

const feesOf = ({ maxFeePerGas, maxPriorityFeePerGas }: Transaction): Fees => ({
  maxFeePerGas: BigInt(maxFeePerGas),
  maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas),
});

export const kit: TransactionKit = {
  read(raw): Signed {
    const transaction = transactionOf(raw);
    const { nonce, to } = transaction;
    return { raw, hash: hashOf(raw), chainId, nonce, gasLimit: 21_000, fees: feesOf(transaction), content: contentTo(to) };
  },
  resign(raw, { nonce, fees }) {
    const former = transactionOf(raw);
    return Promise.resolve(transfer(nonce ?? former.nonce, former.to, fees ?? feesOf(former)));
  },
  noOp: (nonce, fees) => Promise.resolve(transfer(nonce, ours, fees)),
};
