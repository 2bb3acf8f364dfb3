import { AbiCoder, getAddress, Interface, keccak256, solidityPackedKeccak256, toBeHex, ZeroHash } from "ethers";
import { RpcRefused, type Rpc, toQuantity } from "../chain/rpc/rpc.ts";
import { revertData } from "../chain/rpc/revert-data.ts";
import type { Call } from "./account.ts";
import { refusalOf, refusals } from "./refusals.ts";

/** What a proposal does once it has passed. */
export interface Motion {
  readonly calls: readonly Call[];
  /** With the calls, and who proposes it, it makes the proposal's id, so it follows from them: see `ownedBy`. */
  readonly description: string;
}

/** A motion's words, and after them why; another reason makes another proposal of the same calls. */
export const describedBy = (words: string, reason = ""): string => (reason === "" ? words : `${words}: ${reason}`);

/**
 * The motion in words that end as OpenZeppelin's governor looks for: it takes them of this proposer alone.
 *
 * Race: whoever sees a proposal on its way may propose the same before it, and cancel that. Mitigation: the words are part of the
 * id, so that nobody else can take it. What remains: others may propose the same calls in other words, which hinders nothing.
 */
export const ownedBy = ({ calls, description }: Motion, proposer: string): Motion => ({
  calls,
  description: `${description} #proposer=${getAddress(proposer)}`,
});

/** What people read of a proposal's description: without the end that says whose it is, where it says what is true. Pure. */
export function spokenWords({ description, proposer }: { readonly description: string; readonly proposer: string }): string {
  const [end, owner] = / ?#proposer=(0x[0-9a-fA-F]{40})$/.exec(description) ?? [];
  return end !== undefined && owner?.toLowerCase() === proposer.toLowerCase() ? description.slice(0, -end.length) : description;
}

/** Targets, values and calldatas, as governor and timelock take them. */
export const partsOf = (calls: readonly Call[]): [string[], bigint[], string[]] => [
  calls.map(({ to }) => to),
  calls.map(({ value = 0n }) => value),
  calls.map(({ data }) => data),
];

const timelockAbi = new Interface([
  "function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) payable",
]);

/** Where OpenZeppelin's TimelockController keeps from when on each operation may be executed. */
const timestampsSlot = 1n;
/** 0 is not scheduled and 1 is done: whatever is above has waited since 1970. */
const waitedLong = toBeHex(2, 32);

/**
 * Runs a motion's calls as the timelock would, one after the other, changing nothing. The first is a plain call in its name.
 * Further ones build on those before, so all of them are run by the timelock's own `executeBatch`, in a state in which, by an
 * override of one slot, they have waited long enough. Nodes that take no override leave it at the first; what they refuse for
 * another reason, e.g. for want of gas, is thrown.
 * @returns how many of the calls were run
 * @throws ContractRefused, ReportRejected; RpcUnanswered, RpcRefused
 */
export async function tryCalls(
  rpc: Rpc,
  { timelock, executor }: { readonly timelock: string; readonly executor: string },
  calls: readonly Call[],
): Promise<number> {
  const [first, ...others] = calls;
  if (!first) return 0;
  const value = toQuantity(first.value ?? 0n);
  await run(rpc, [{ from: timelock, to: first.to, data: first.data, value }, "latest"]);
  if (others.length === 0) return 1;
  const parts = partsOf(calls);
  const id = keccak256(
    AbiCoder.defaultAbiCoder().encode(["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"], [...parts, ZeroHash, ZeroHash]),
  );
  const slot = solidityPackedKeccak256(["bytes32", "uint256"], [id, timestampsSlot]);
  const data = timelockAbi.encodeFunctionData("executeBatch", [...parts, ZeroHash, ZeroHash]);
  const state = { [timelock]: { stateDiff: { [slot]: waitedLong } } };
  try {
    await run(rpc, [{ from: executor, to: timelock, data }, "latest", state], isOverrideIgnored);
    return calls.length;
  } catch (error) {
    if (isOverrideRefused(error)) return 1;
    throw error;
  }
}

/** JSON-RPC's codes for a method or parameters that a node does not have. */
const notHad: readonly number[] = [-32_601, -32_602, -32_004];

/** The question itself is refused: a parameter too many, or an override that the node does not know or passed over. */
function isOverrideRefused(error: unknown): boolean {
  if (!(error instanceof RpcRefused)) return false;
  const reverted = revertData(error);
  if (reverted !== undefined) return isOverrideIgnored(reverted);
  return notHad.includes(error.rpcCode) || /override|argument|parameter|params|unsupported|not supported/i.test(error.message);
}

/** The timelock knows nothing of the operation: the node did not look at the override. */
const isOverrideIgnored = (reverted: string): boolean =>
  reverted.startsWith(refusals.getError("TimelockUnexpectedOperationState")?.selector ?? "none");

async function run(rpc: Rpc, params: readonly unknown[], isOfNode: (reverted: string) => boolean = () => false): Promise<void> {
  try {
    await rpc.request("eth_call", params);
  } catch (error) {
    const reason = revertData(error);
    if (reason === undefined || isOfNode(reason)) throw error;
    throw refusalOf(reason, (error as Error).message);
  }
}
