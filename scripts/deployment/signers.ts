import type { Account } from "../../src/cast/index.ts";
import { step, type Step } from "../../src/cast/moves.ts";
import { ContractRefused } from "../../src/cast/errors.ts";
import { type Block, newestBlock, readAll, type View } from "../../src/cast/reads.ts";
import { type Deployment, type MinterName, minterOf, type Rpc } from "../../src/chain/index.ts";
import { accessAbi, accessTo, RoleMissing } from "./access.ts";
import { type Announcement, grantOf, operationId, readSigners, signersAbi } from "./announced.ts";
import { roles, selectorOf } from "./permissions.ts";
import { isSame, managerAbi } from "./role-logs.ts";
import type { Holder, RoleTable } from "./roles.ts";

/** An account, and the minter that is to redeem its vouchers, or no more. */
export interface SignerOf {
  readonly deployment: Deployment;
  readonly contract: MinterName;
  readonly signer: string;
}

/** What `grantSigner` came to. Times are Unix seconds. */
export type Grant =
  /** It is a signer already; nothing was sent. */
  | { readonly outcome: "held"; readonly steps: readonly Step[] }
  | { readonly outcome: "granted"; readonly steps: readonly Step[] }
  /** Announced now (then there is a step) or before, and not executable yet. */
  | { readonly outcome: "announced"; readonly steps: readonly Step[]; readonly now: bigint; readonly from: bigint; readonly until: bigint };

const grantSelector = selectorOf("grantSigner(address)");
const revokeSelector = selectorOf("revokeSigner(address)");

/**
 * Brings an account to where it signs, as far as the time has come: at once without an execution delay; otherwise it is
 * announced, and granted by a run after that. An announcement that has expired is made anew.
 *
 * Race: the guardian cancels the announcement while it is executed. Then the contract refuses it, and the next run announces anew.
 * @param warp moves the chain's time to a second, where that may be done
 * @throws RoleMissing before anything is sent; ContractRefused, RpcUnanswered, RpcRefused
 */
export async function grantSigner(account: Account, of: SignerOf, warp?: (to: bigint) => Promise<void>): Promise<Grant> {
  const { rpc } = account;
  const { deployment, contract, signer } = of;
  const { address: minter } = minterOf(deployment, contract);
  const manager = deployment.contracts.AccessManager.address;
  const data = grantOf(signer);
  if (await isGranted(rpc, minter, signer)) return { outcome: "held", steps: [] };
  const [access] = await accessTo(rpc, manager, account.address, minter, [grantSelector]);
  if (!access || (!access.immediate && access.delaySeconds === 0)) {
    throw new RoleMissing(account.address, `grant signers of ${contract}`, howToFindWhoMay);
  }
  const steps: Step[] = [];
  if (!access.immediate) {
    const id = operationId(account.address, minter, data);
    let held = await scheduleOf(rpc, manager, id);
    if (held.from === 0n) {
      steps.push(await step(account, "announce", { to: manager, data: accessAbi.encodeFunctionData("schedule", [minter, data, 0]) }));
      held = await scheduleOf(rpc, manager, id);
    }
    if (held.now < held.from && !warp) return { outcome: "announced", steps, ...held };
    await warp?.(held.from);
  }
  steps.push(await step(account, "grant", { to: minter, data }));
  return { outcome: "granted", steps };
}

/**
 * Takes an account out, whatever it has come to: cancels what announces it, and revokes it where it signs, which voids all
 * vouchers of it that are not redeemed. The guardian may do both, whoever announced it may cancel that.
 *
 * Race: it is granted while its announcement is cancelled. Mitigation: whether it signs is asked for again afterwards.
 * What remains: a grant that is announced meanwhile; it can be executed a day later.
 * @returns what was sent; nothing where it is neither announced nor granted
 * @throws RoleMissing before anything is sent; ContractRefused, RpcUnanswered, RpcRefused
 */
export async function revokeSigner(account: Account, of: SignerOf): Promise<Step[]> {
  const { rpc } = account;
  const { deployment, contract, signer } = of;
  const { address: minter } = minterOf(deployment, contract);
  const manager = deployment.contracts.AccessManager.address;
  const { at, standings } = await readSigners(rpc, deployment, [contract], [signer]);
  const { granted, announced } = standings.find((each) => isSame(each.signer, signer)) ?? { granted: false, announced: [] };
  if (granted) await assertMayRevoke(account, of);
  const mayCancel = announced.length > 0 && (await mayCancelAny(rpc, at, { manager, minter, account: account.address }));
  const others = announced.filter(({ by }) => !mayCancel && !isSame(by, account.address));
  if (others.length > 0) throw new RoleMissing(account.address, `cancel what ${others[0]?.by ?? ""} announced`, howToFindWhoMay);
  const steps: Step[] = [];
  for (const each of announced) steps.push(...(await cancel(account, manager, minter, each)));
  if (!(await isGranted(rpc, minter, signer))) return steps;
  if (!granted) await assertMayRevoke(account, of);
  steps.push(await step(account, "revoke", { to: minter, data: signersAbi.encodeFunctionData("revokeSigner", [signer]) }));
  return steps;
}

/** Who may cancel what is announced for a minter, as roles:show has it; besides them whoever announced it, and the admin. */
export function guardiansOf({ roles: all }: RoleTable, contract: MinterName): readonly Holder[] {
  const granting = all.find(({ functions }) =>
    functions.some((each) => each.contract === contract && each.function === "grantSigner(address)"),
  );
  return all.find(({ id }) => id === (granting?.guardian ?? roles.admin))?.holders ?? [];
}

const howToFindWhoMay = "npx hardhat roles:show names who may; --as takes another of the network's accounts";

async function isGranted(rpc: Rpc, minter: string, signer: string): Promise<boolean> {
  const [answer] = await readAll(rpc, await newestBlock(rpc), [{ to: minter, abi: signersAbi, name: "isSigner", args: [signer] }]);
  return answer?.[0] === true;
}

/** From when until when an announced call can be executed; from 0 where it is not announced, or has expired. */
async function scheduleOf(rpc: Rpc, manager: string, id: string) {
  const at = await newestBlock(rpc);
  const view = (name: string, ...args: readonly unknown[]): View => ({ to: manager, abi: accessAbi, name, args });
  const [schedule, expiration] = await readAll(rpc, at, [view("getSchedule", id), view("expiration")]);
  const from = schedule?.[0] as bigint;
  return { now: at.timestamp, from, until: from + (expiration?.[0] as bigint) };
}

/** @throws RoleMissing */
async function assertMayRevoke({ rpc, address }: Account, { deployment, contract }: SignerOf): Promise<void> {
  const manager = deployment.contracts.AccessManager.address;
  const [access] = await accessTo(rpc, manager, address, minterOf(deployment, contract).address, [revokeSelector]);
  if (access?.immediate !== true) throw new RoleMissing(address, `revoke signers of ${contract}`, howToFindWhoMay);
}

/** Whether the account may cancel what others announced: as admin, or by the role that guards the one that grants. */
async function mayCancelAny(
  rpc: Rpc,
  at: Block,
  { manager, minter, account }: { readonly manager: string; readonly minter: string; readonly account: string },
): Promise<boolean> {
  const view = (name: string, ...args: readonly unknown[]): View => ({ to: manager, abi: managerAbi, name, args });
  const [role] = await readAll(rpc, at, [view("getTargetFunctionRole", minter, grantSelector)]);
  const [guardian] = await readAll(rpc, at, [view("getRoleGuardian", role?.[0])]);
  const has = await readAll(rpc, at, [view("hasRole", roles.admin, account), view("hasRole", guardian?.[0], account)]);
  return has.some(([isMember]) => isMember === true);
}

/** Nothing where it was executed or cancelled a moment ago. */
async function cancel(account: Account, manager: string, minter: string, { by, data }: Announcement): Promise<Step[]> {
  try {
    return [await step(account, "cancel", { to: manager, data: accessAbi.encodeFunctionData("cancel", [by, minter, data]) })];
  } catch (error) {
    if (error instanceof ContractRefused && error.reason === "AccessManagerNotScheduled") return [];
    throw error;
  }
}
