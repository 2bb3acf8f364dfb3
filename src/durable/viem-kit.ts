import { type Hex, keccak256, type LocalAccount, parseTransaction, type TransactionSerializable } from "viem";
import type { Fees } from "../chain/fees/fees.ts";
import { UnsupportedTransaction } from "./errors.ts";
import { type Change, contentOf, noOpType, type Signed, type TransactionKit } from "./transactions.ts";

const sent = ["legacy", "eip2930", "eip1559"] as const;
type SentType = (typeof sent)[number];
type Signing = Pick<LocalAccount, "address" | "signTransaction">;

/** viem's name of a type that can be sent. @throws UnsupportedTransaction */
export function checkType(type: unknown): asserts type is SentType {
  if (!sent.includes(type as SentType)) throw new UnsupportedTransaction(`a transaction of type ${String(type)}`);
}

/** Transactions of one account, by viem. */
export function viemKit(account: Signing, chainId: number): TransactionKit {
  return {
    read: readTransaction,
    resign(raw: string, { nonce, fees }: Change) {
      const { type, to, data, value, gas, accessList, ...former } = parsed(raw);
      const same = { type, to, data, value, gas, chainId, nonce: nonce ?? former.nonce ?? 0 };
      const list = type === "legacy" || accessList === undefined ? {} : { accessList };
      return account.signTransaction({ ...same, ...list, ...priceOf(type, fees ?? feesOf(former)) } as TransactionSerializable);
    },
    noOp(nonce: number, fees: Fees, gas: number) {
      const type = noOpType(fees) === 2 ? "eip1559" : "legacy";
      const nothing = { type, chainId, nonce, to: account.address, value: 0n, gas: BigInt(gas) };
      return account.signTransaction({ ...nothing, ...priceOf(type, fees) } as TransactionSerializable);
    },
  };
}

const priceOf = (type: SentType, fees: Fees): Partial<Fees> | { gasPrice: bigint } =>
  type === "eip1559"
    ? { maxFeePerGas: fees.maxFeePerGas, maxPriorityFeePerGas: fees.maxPriorityFeePerGas }
    : { gasPrice: fees.maxFeePerGas };

/** What viem reads from bytes, with all fields that any of the sent types has. */
interface Parsed {
  readonly type: SentType;
  readonly chainId?: number;
  readonly nonce?: number;
  readonly to?: Hex | null;
  readonly data?: Hex;
  readonly value?: bigint;
  readonly gas?: bigint;
  readonly gasPrice?: bigint;
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly accessList?: unknown;
}

function parsed(raw: string): Parsed {
  let read: Parsed;
  try {
    read = parseTransaction(raw as Hex) as unknown as Parsed;
  } catch {
    throw new UnsupportedTransaction("a transaction of a type that viem cannot read back"); // without the cause: it has the bytes
  }
  checkType(read.type);
  return read;
}

function readTransaction(raw: string): Signed {
  const transaction = parsed(raw);
  const { chainId = 0, nonce = 0, gas = 0n, to, data, value } = transaction;
  return {
    ...{ raw, hash: keccak256(raw as Hex), chainId, nonce, gasLimit: Number(gas) },
    fees: feesOf(transaction),
    content: contentOf({ to, data, value }),
  };
}

function feesOf({ gasPrice = 0n, maxFeePerGas = gasPrice, maxPriorityFeePerGas = gasPrice }: Partial<Parsed>): Fees {
  return { maxFeePerGas, maxPriorityFeePerGas };
}
