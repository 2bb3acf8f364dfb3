import { Interface, type LogDescription } from "ethers";
import { newestBlock, type Block, type RawLog } from "../../src/cast/reads.ts";
import { logPieces } from "../../src/chain/rpc/log-pieces.ts";
import type { Deployment, Rpc } from "../../src/chain/index.ts";

/** OpenZeppelin's AccessManager, as far as roles go. */
export const managerAbi = new Interface([
  "function hasRole(uint64 roleId, address account) view returns (bool isMember, uint32 executionDelay)",
  "function getTargetFunctionRole(address target, bytes4 selector) view returns (uint64)",
  "function getRoleGuardian(uint64 roleId) view returns (uint64)",
  "function grantRole(uint64 roleId, address account, uint32 executionDelay)",
  "function revokeRole(uint64 roleId, address account)",
  "function renounceRole(uint64 roleId, address callerConfirmation)",
  "function setRoleGuardian(uint64 roleId, uint64 guardian)",
  "event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
  "event TargetFunctionRoleUpdated(address indexed target, bytes4 selector, uint64 indexed roleId)",
]);

/** OpenZeppelin's TimelockController, as far as roles go. */
export const timelockAbi = new Interface([
  "function hasRole(bytes32 role, address account) view returns (bool)",
  "event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)",
]);

/** Whoever may ever have had a role, and every function that was ever given to one. What holds now is asked for besides. */
export interface Candidates {
  readonly at: Block;
  readonly members: readonly { readonly role: bigint; readonly account: string }[];
  readonly functions: readonly { readonly target: string; readonly selector: string }[];
  readonly timelockMembers: readonly { readonly role: string; readonly account: string }[];
}

/** The logs of pieces of so many blocks, from the record's backwards, until the manager's creation is among them. */
const pieceBlocks = 2_000;

interface Log extends RawLog {
  readonly address: string;
  readonly transactionHash: string;
}

/** Everything that the AccessManager and the timelock ever said of roles, up to the newest block. @throws RpcUnanswered, RpcRefused */
export async function candidates(rpc: Rpc, deployment: Deployment): Promise<Candidates> {
  const at = await newestBlock(rpc);
  const manager = deployment.contracts.AccessManager.address;
  const address = [manager, ...(deployment.cast ? [deployment.cast.TimelockController.address] : [])];
  const topics = [
    [managerAbi.getEvent("RoleGranted"), managerAbi.getEvent("TargetFunctionRoleUpdated"), timelockAbi.getEvent("RoleGranted")].map(
      (event) => event?.topicHash,
    ),
  ];
  const logs: Log[] = [];
  const read = async (from: number, to: number): Promise<Log[]> => {
    const found: Log[] = [];
    for await (const { logs: piece } of logPieces<Log>(rpc, { address, topics }, from, to)) found.push(...piece);
    logs.push(...found);
    return found;
  };
  await read(deployment.block + 1, at.number);
  for (let end = deployment.block; end >= 0; end -= pieceBlocks) {
    const found = await read(Math.max(0, end - pieceBlocks + 1), end);
    if (await holdsCreation(rpc, manager, found)) break;
  }
  const ofManager = logs.filter((log) => isSame(log.address, manager)).map((log) => managerAbi.parseLog(log));
  const ofTimelock = logs.filter((log) => !isSame(log.address, manager)).map((log) => timelockAbi.parseLog(log));
  return {
    at,
    members: unique(named(ofManager, "RoleGranted").map(({ args }) => ({ role: args[0] as bigint, account: args[1] as string }))),
    functions: unique(
      named(ofManager, "TargetFunctionRoleUpdated").map(({ args }) => ({ target: args[0] as string, selector: args[1] as string })),
    ),
    timelockMembers: unique(named(ofTimelock, "RoleGranted").map(({ args }) => ({ role: args[0] as string, account: args[1] as string }))),
  };
}

/** Whether one of the logs is of the transaction that created the manager: it says there who its first admin is. */
async function holdsCreation(rpc: Rpc, manager: string, logs: readonly Log[]): Promise<boolean> {
  const hashes = new Set(logs.filter(({ address }) => isSame(address, manager)).map(({ transactionHash }) => transactionHash));
  for (const hash of hashes) {
    const receipt = await rpc.request<{ contractAddress: string | null } | null>("eth_getTransactionReceipt", [hash]);
    if (isSame(receipt?.contractAddress ?? "", manager)) return true;
  }
  return false;
}

export const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const named = (logs: readonly (LogDescription | null)[], name: string): LogDescription[] =>
  logs.filter((log) => log?.name === name) as never;

/** Each once, by what it says. */
function unique<T extends object>(all: readonly T[]): T[] {
  return [...new Map(all.map((each) => [Object.values(each).join(" "), each])).values()];
}
