import type { DigestSigner } from "../../voucher/index.ts";
import type { Fees } from "../fees/fees.ts";
import type { Attempt, OpenAttempt } from "./lane-ledger.ts";
import { resignTransaction, type SignedTransaction, signTransaction } from "./transaction.ts";

/** What a nonce is to carry. */
export interface AttemptContent {
  readonly orderIds: readonly string[];
  readonly to: string;
  readonly data: string;
  readonly gasLimit: number;
  readonly fees: Fees;
}

const noOpGas = 21_000;

/** Signs a lane's attempts. What it returns is in memory alone: it is made durable before it is sent. */
export class AttemptSigner {
  readonly #chainId: number;
  readonly #signer: DigestSigner;

  constructor(chainId: number, signer: DigestSigner) {
    this.#chainId = chainId;
    this.#signer = signer;
  }

  /** The first attempt of a nonce. */
  async first(nonce: number, { orderIds, to, data, gasLimit, fees }: AttemptContent): Promise<Attempt> {
    const signed = await signTransaction({ chainId: this.#chainId, nonce, to, data, gasLimit, ...fees }, this.#signer);
    return attemptFrom(signed, { nonce, gasLimit, orderIds }, fees);
  }

  /** A further attempt of the nonce at other fees, from the former one's bytes: it can carry nothing else than that did. */
  async replacement(former: OpenAttempt, raw: string, fees: Fees): Promise<Attempt> {
    return attemptFrom(await resignTransaction(raw, fees, this.#signer), former, fees);
  }

  /** An attempt that only uses the nonce up. */
  noOp(nonce: number, fees: Fees): Promise<Attempt> {
    return this.first(nonce, { orderIds: [], to: this.#signer.address, data: "0x", gasLimit: noOpGas, fees });
  }
}

function attemptFrom(
  { raw, hash }: SignedTransaction,
  { nonce, gasLimit, orderIds }: Pick<Attempt, "nonce" | "gasLimit" | "orderIds">,
  { maxFeePerGas, maxPriorityFeePerGas }: Fees,
): Attempt {
  return {
    ...{ nonce, hash, raw, gasLimit, orderIds },
    maxFeePerGas: maxFeePerGas.toString(),
    maxPriorityFeePerGas: maxPriorityFeePerGas.toString(),
  };
}
