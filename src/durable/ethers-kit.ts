import { type Signer, Transaction, type TransactionLike } from "ethers";
import type { Fees } from "../chain/fees/fees.ts";
import { UnsupportedTransaction } from "./errors.ts";
import { type Change, contentOf, noOpType, sentTypes, type Signed, type TransactionKit } from "./transactions.ts";

/** Transactions of one account, by ethers. */
export function ethersKit(signer: Signer, chainId: bigint, address: string): TransactionKit {
  return {
    read: readTransaction,
    resign(raw: string, { nonce, fees }: Change) {
      const former = Transaction.from(raw);
      const { type, to, data, value, gasLimit, accessList } = former;
      const price = priceOf(type, fees ?? feesOf(former));
      const list = type === 0 ? {} : { accessList };
      return signer.signTransaction({ ...{ type, to, data, value, gasLimit, chainId }, nonce: nonce ?? former.nonce, ...price, ...list });
    },
    noOp(nonce: number, fees: Fees, gasLimit: number) {
      const type = noOpType(fees);
      const nothing = { type, chainId, nonce, to: address, value: 0n, data: "0x", gasLimit };
      return signer.signTransaction({ ...nothing, ...priceOf(type, fees) });
    },
  };
}

function priceOf(type: number | null, fees: Fees): Partial<TransactionLike> {
  return type === 2 ? fees : { gasPrice: fees.maxFeePerGas };
}

function readTransaction(raw: string): Signed {
  const transaction = Transaction.from(raw);
  const { hash, chainId, nonce, gasLimit, type, to, data, value } = transaction;
  if (hash === null) throw new UnsupportedTransaction("a transaction without a signature");
  if (type === null || !sentTypes.includes(type)) throw new UnsupportedTransaction(`a transaction of type ${String(type)}`);
  return {
    ...{ raw, hash, chainId: Number(chainId), nonce, gasLimit: Number(gasLimit) },
    fees: feesOf(transaction),
    content: contentOf({ to, data, value }),
  };
}

function feesOf({ maxFeePerGas, maxPriorityFeePerGas, gasPrice }: Transaction): Fees {
  const price = gasPrice ?? 0n;
  return { maxFeePerGas: maxFeePerGas ?? price, maxPriorityFeePerGas: maxPriorityFeePerGas ?? price };
}
