import type { ContractRunner, TransactionRequest } from "ethers";
import type { Rpc } from "../src/chain/index.ts";

/**
 * Lets ethers read a contract's views through mintd's own endpoints: with their failover and agreement, and their typed errors.
 * A view is asked after the newest block, or by the override `blockTag` after a block of that hash or name.
 */
export class RpcRunner implements ContractRunner {
  /** No other road: what is not a view cannot go through here. */
  readonly provider = null;
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** @throws RpcUnanswered, RpcRefused also where the view reverts */
  call({ to, data, blockTag = "latest" }: TransactionRequest): Promise<string> {
    const at = typeof blockTag === "string" && /^0x[0-9a-f]{64}$/i.test(blockTag) ? { blockHash: blockTag } : blockTag;
    return this.#rpc.request<string>("eth_call", [{ to, data }, at]);
  }
}
