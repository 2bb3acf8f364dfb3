import { Interface } from "ethers";
import { newestBlock, readAll } from "../../src/cast/reads.ts";
import type { Rpc } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";

/** OpenZeppelin's AccessManager, as far as calls and their announcement go. */
export const accessAbi = new Interface([
  "function canCall(address caller, address target, bytes4 selector) view returns (bool immediate, uint32 delay)",
  "function getSchedule(bytes32 id) view returns (uint48)",
  "function expiration() view returns (uint32)",
  "function schedule(address target, bytes data, uint48 when) returns (bytes32 operationId, uint32 nonce)",
  "function cancel(address caller, address target, bytes data) returns (uint32)",
  "event OperationScheduled(bytes32 indexed operationId, uint32 indexed nonce, uint48 schedule, address caller, address target, bytes data)",
]);

/** The account has no role that may do this. Nothing was sent. */
export class RoleMissing extends MintdError {
  readonly code = "ROLE_MISSING";
  constructor(account: string, what: string, hint: string) {
    super(`${account} has no role that may ${what}`, { hint });
  }
}

/** Whether somebody may call a function. */
export interface Access {
  readonly immediate: boolean;
  /** Seconds between the announcement of a call and the call; 0 where it may not be called at all, or at once. */
  readonly delaySeconds: number;
}

/**
 * How an account may call functions of a contract, as of the newest block.
 * @param selectors the first four bytes of each
 * @returns in the order of the selectors
 * @throws RpcUnanswered, RpcRefused
 */
export async function accessTo(rpc: Rpc, manager: string, caller: string, target: string, selectors: readonly string[]): Promise<Access[]> {
  const views = selectors.map((selector) => ({ to: manager, abi: accessAbi, name: "canCall", args: [caller, target, selector] }));
  const answers = await readAll(rpc, await newestBlock(rpc), views);
  return answers.map(([immediate, delay]) => ({ immediate: immediate as boolean, delaySeconds: Number(delay) }));
}
