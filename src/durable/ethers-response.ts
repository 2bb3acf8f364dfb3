import {
  makeError,
  type Provider,
  Transaction,
  type TransactionReceipt,
  TransactionResponse,
  type TransactionResponseParams,
} from "ethers";
import { systemClock } from "../clock.ts";
import { readPatiently } from "./ethers-reads.ts";
import type { LaneNonces, Recorded } from "./lane-nonces.ts";

/** Between two reads of a receipt that is not there or not deep enough. */
const lookEveryMs = 250;

/**
 * A recorded transaction. `wait` follows the record: it resolves with the receipt of whichever attempt was mined, also after
 * a replacement or a reorg, and takes no failed read for an answer.
 */
export class DurableTransactionResponse extends TransactionResponse {
  readonly #lane: LaneNonces;
  readonly #recorded: Recorded;

  constructor(recorded: Recorded, provider: Provider, lane: LaneNonces) {
    super(paramsOf(Transaction.from(recorded.raw)), provider);
    this.#lane = lane;
    this.#recorded = recorded;
  }

  /**
   * @throws TransactionCancelled where a no-op is final instead, and ethers' CALL_EXCEPTION where it reverted, TIMEOUT after
   *   `timeout` milliseconds
   */
  override async wait(confirms = 1, timeout = 0): Promise<TransactionReceipt | null> {
    if (confirms === 0) return super.wait(0);
    const over = new AbortController();
    const timer = timeout > 0 ? setTimeout(() => { over.abort(); }, timeout) : undefined; // prettier-ignore
    try {
      return await this.#waitFor(confirms, over.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #waitFor(confirms: number, signal: AbortSignal): Promise<TransactionReceipt> {
    for (;;) {
      const included = await this.#lane.included(this.#recorded, signal);
      if (!included) throw makeError("wait for transaction timeout", "TIMEOUT", { operation: "wait", reason: "timeout" });
      const receipt = await readPatiently(systemClock, () => this.provider.getTransactionReceipt(included.hash));
      if (receipt && (confirms === 1 || (await readPatiently(systemClock, () => receipt.confirmations())) >= confirms))
        return checked(receipt);
      await systemClock.pause(lookEveryMs, signal);
    }
  }
}

function checked(receipt: TransactionReceipt): TransactionReceipt {
  if (receipt.status !== 0) return receipt;
  const { to, from } = receipt;
  throw makeError("transaction execution reverted", "CALL_EXCEPTION", {
    action: "sendTransaction",
    ...{ data: null, reason: null, invocation: null, revert: null },
    transaction: { to, from: from, data: "" },
    receipt,
  });
}

function paramsOf(signed: Transaction): TransactionResponseParams {
  const { hash, from, to, nonce, gasLimit, data, value, chainId, signature, accessList, type } = signed;
  if (hash === null || from === null || signature === null) throw new TypeError("a recorded transaction is signed");
  return {
    ...{ hash, from, to, nonce, gasLimit, data, value, chainId, signature, accessList, index: 0, type: type ?? 0 },
    authorizationList: null,
    ...{ blockNumber: null, blockHash: null },
    gasPrice: signed.gasPrice ?? signed.maxFeePerGas ?? 0n,
    maxPriorityFeePerGas: signed.maxPriorityFeePerGas,
    maxFeePerGas: signed.maxFeePerGas,
  };
}
