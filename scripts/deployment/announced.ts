import { AbiCoder, Interface, keccak256 } from "ethers";
import { type Block, newestBlock, type RawLog, readAll, type View } from "../../src/cast/reads.ts";
import { type Deployment, type MinterName, minterOf, type Rpc } from "../../src/chain/index.ts";
import { logPieces } from "../../src/chain/rpc/log-pieces.ts";
import { accessAbi } from "./access.ts";
import { isSame } from "./role-logs.ts";

/** As `contracts/mint/interfaces/IVoucherSigners.sol` has it. */
export const signersAbi = new Interface([
  "function grantSigner(address signer)",
  "function revokeSigner(address signer)",
  "function isSigner(address account) view returns (bool)",
  "event SignerGranted(address indexed signer)",
]);

/** A grant that the AccessManager holds until its time, and that has not expired. Times are Unix seconds. */
export interface Announcement {
  /** Who announced it, and alone may execute it. */
  readonly by: string;
  readonly from: bigint;
  readonly until: bigint;
  /** What was announced, to the byte: the same grant with bytes behind it is another announcement, and grants as well. */
  readonly data: string;
}

/** How an account stands with a minter as of one block. */
export interface SignerStanding {
  readonly contract: MinterName;
  readonly signer: string;
  /** Whether its vouchers are redeemed. */
  readonly granted: boolean;
  readonly announced: readonly Announcement[];
}

/** Every minter of the deployment. */
export const mintersOf = ({ cast }: Pick<Deployment, "cast">): MinterName[] => [
  ...(["VoucherMinter", "EditionMinter"] as const),
  ...(cast ? (["CastMinter"] as const) : []),
];

/** The AccessManager's id of a call that was announced. */
export const operationId = (caller: string, target: string, data: string): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["address", "address", "bytes"], [caller, target, data]));

/** The call that makes an account a signer. */
export const grantOf = (signer: string): string => signersAbi.encodeFunctionData("grantSigner", [signer]);

/**
 * All accounts that sign for these minters, or are announced for one: the chain's logs say who may be, the contracts who is.
 * @param also accounts that are looked at and listed, whatever they are
 * @throws CastNotDeployed, RpcUnanswered, RpcRefused
 */
export async function readSigners(
  rpc: Rpc,
  deployment: Deployment,
  contracts: readonly MinterName[],
  also: readonly string[] = [],
): Promise<{ readonly at: Block; readonly standings: readonly SignerStanding[] }> {
  const at = await newestBlock(rpc);
  const manager = deployment.contracts.AccessManager.address;
  const minters = new Map(contracts.map((contract) => [minterOf(deployment, contract).address.toLowerCase(), contract]));
  const heard = await heardOf(rpc, { manager, minters: [...minters.keys()], from: deployment.block, to: at.number });
  const pairs = pairsOf(minters, heard, also);
  const operations = heard.flatMap(({ operation }) => (operation ? [operation] : []));
  const [expiration, ...states] = await readAll(rpc, at, [
    { to: manager, abi: accessAbi, name: "expiration" },
    ...pairs.map(({ minter, signer }): View => ({ to: minter, abi: signersAbi, name: "isSigner", args: [signer] })),
  ]);
  const schedules = await readAll(
    rpc,
    at,
    operations.map(({ id }) => ({ to: manager, abi: accessAbi, name: "getSchedule", args: [id] })),
  );
  const fromOf = new Map(operations.map(({ id }, i) => [id, schedules[i]?.[0] as bigint]));
  const lasting = expiration?.[0] as bigint;
  const standings = pairs.map(({ contract, minter, signer }, i) => ({
    ...{ contract, signer, granted: states[i]?.[0] as boolean },
    announced: heard
      .filter((each) => each.minter === minter && isSame(each.signer, signer))
      .flatMap(({ operation }) => (operation ? [{ ...operation, from: fromOf.get(operation.id) ?? 0n }] : []))
      .filter(({ id, from }, at, all) => from > 0n && all.findIndex((other) => other.id === id) === at)
      .map(({ by, data, from }) => ({ by, from, until: from + lasting, data })),
  }));
  const isAsked = (signer: string): boolean => also.some((each) => isSame(each, signer));
  return { at, standings: standings.filter((each) => each.granted || each.announced.length > 0 || isAsked(each.signer)) };
}

/** What a minter or the manager told of a signer. */
interface Heard {
  /** In lower case. */
  readonly minter: string;
  readonly signer: string;
  /** Where it was announced. */
  readonly operation?: { readonly id: string; readonly by: string; readonly data: string };
}

interface Pair {
  readonly contract: MinterName;
  readonly minter: string;
  readonly signer: string;
}

/** Each minter with each account that it may have as a signer, once. */
function pairsOf(minters: ReadonlyMap<string, MinterName>, heard: readonly Heard[], also: readonly string[]): Pair[] {
  return [...minters].flatMap(([minter, contract]) => {
    const signers = [...also, ...heard.filter((each) => each.minter === minter).map(({ signer }) => signer)];
    return [...new Map(signers.map((signer) => [signer.toLowerCase(), signer])).values()].map((signer) => ({ contract, minter, signer }));
  });
}

interface Log extends RawLog {
  readonly address: string;
}

interface Where {
  readonly manager: string;
  readonly minters: readonly string[];
  readonly from: number;
  readonly to: number;
}

async function heardOf(rpc: Rpc, { manager, minters, from, to }: Where): Promise<Heard[]> {
  const heard: Heard[] = [];
  const topics = [[accessAbi.getEvent("OperationScheduled")?.topicHash, signersAbi.getEvent("SignerGranted")?.topicHash]];
  for await (const { logs } of logPieces<Log>(rpc, { address: [manager, ...minters], topics }, from, to)) {
    for (const log of logs) {
      const found = isSame(log.address, manager) ? announcedIn(log) : grantedIn(log);
      if (found && minters.includes(found.minter)) heard.push(found);
    }
  }
  return heard;
}

function grantedIn(log: Log): Heard | undefined {
  const parsed = signersAbi.parseLog(log);
  return parsed ? { minter: log.address.toLowerCase(), signer: String(parsed.args[0]) } : undefined;
}

function announcedIn(log: Log): Heard | undefined {
  const parsed = accessAbi.parseLog(log);
  if (!parsed) return undefined;
  const [id, , , by, target, data] = parsed.args as unknown as [string, bigint, bigint, string, string, string];
  if (!data.startsWith(grantSelector)) return undefined;
  try {
    const signer = String(signersAbi.decodeFunctionData("grantSigner", data)[0]);
    return { minter: target.toLowerCase(), signer, operation: { id, by, data } };
  } catch {
    return undefined; // the minter could not read it either
  }
}

const grantSelector = grantOf(`0x${"0".repeat(40)}`).slice(0, 10);
