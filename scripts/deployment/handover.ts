import type { Account } from "../../src/cast/index.ts";
import { castContracts, type Deployment } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";
import { type Role, roles } from "./permissions.ts";
import { isSame, managerAbi } from "./role-logs.ts";
import { type HeldRole, type Holder, readRoles, type RoleTable, rolesHeldBy } from "./roles.ts";

/** Who comes after the deployer. */
export interface Successors {
  readonly guardian: string;
  readonly signerAdmin: string;
  readonly curator: string;
}

/** Seconds that the signer admin announces a new signer before granting it; the guardian may cancel that meanwhile. */
export const signerDelaySeconds = 24 * 60 * 60;

/** The deployer's roles cannot be handed over as things are. Nothing was sent. */
export class HandoverRefused extends MintdError {
  readonly code = "HANDOVER_REFUSED";
  constructor(problem: string, hint: string) {
    super(`the roles are not handed over: ${problem}`, { hint });
  }
}

/** One transaction of the handover, in words and as the AccessManager's call. */
export interface HandoverStep {
  readonly words: string;
  readonly name: "grantRole" | "revokeRole" | "renounceRole" | "setRoleGuardian";
  readonly args: readonly unknown[];
}

/**
 * What remains to be done, in this order: the timelock becomes admin, the successors get their roles, the deployer loses its
 * own, and last of all ceases to be admin. So there is always somebody who can finish it, and never nobody. Pure.
 * @throws HandoverRefused
 */
export function handoverSteps(table: RoleTable, deployment: Deployment, deployer: string, successors: Successors): HandoverStep[] {
  const { TimelockController: timelock, MintGovernor: governor } = castContracts(deployment);
  const role = (name: Role): HeldRole => roleOf(table, name);
  const grants = [
    { name: "admin", to: timelock.address, delay: 0 },
    { name: "governor", to: timelock.address, delay: 0 },
    { name: "guardian", to: successors.guardian, delay: 0 },
    { name: "signerAdmin", to: successors.signerAdmin, delay: signerDelaySeconds },
    { name: "curator", to: successors.curator, delay: 0 },
  ] as const;
  assertSuccessors(successors, deployer, [timelock.address, governor.address]);
  assertTimelock(table, timelock.address, governor.address);
  for (const { name, to } of grants) assertNobodyElse(role(name), [deployer, to]);
  for (const unknown of table.roles.filter((each) => each.name === null)) assertNobodyElse(unknown, []);
  const steps: HandoverStep[] = [];
  for (const { name, to, delay } of grants) {
    const held = holderOf(role(name), to);
    if (held === undefined || held.delaySeconds < delay) {
      steps.push({ words: `${name} granted to ${to}`, name: "grantRole", args: [roles[name], to, delay] });
    }
  }
  if (role("signerAdmin").guardian !== roles.guardian) {
    const args = [roles.signerAdmin, roles.guardian];
    steps.push({ words: "the guardian may cancel what the signer admin announced", name: "setRoleGuardian", args });
  }
  for (const name of ["governor", "curator", "guardian", "signerAdmin"] as const) {
    if (holderOf(role(name), deployer)) {
      steps.push({ words: `${name} revoked from the deployer`, name: "revokeRole", args: [roles[name], deployer] });
    }
  }
  const isAdmin = holderOf(role("admin"), deployer) !== undefined;
  if (isAdmin) steps.push({ words: "the deployer is admin no more", name: "renounceRole", args: [roles.admin, deployer] });
  if (steps.length > 0 && !isAdmin) {
    const hint = "the timelock alone is admin: propose it, or run this with the deployer's key and the accounts of the first time";
    throw new HandoverRefused(`${deployer} is not admin, and this is not done: ${steps.map(({ words }) => words).join(", ")}`, hint);
  }
  return steps;
}

/**
 * Gives away all roles of the account, which deployed the contracts. Stopped in the middle, it goes on where it was.
 * @returns the words of what was sent; nothing where all of it was done before
 * @throws HandoverRefused before anything is sent
 * @throws CastNotDeployed, ContractRefused, RpcUnanswered, RpcRefused
 */
export async function handOver(
  account: Account,
  deployment: Deployment,
  successors: Successors,
  onStep: (words: string) => void = () => undefined,
): Promise<{ readonly done: readonly string[]; readonly table: RoleTable }> {
  await account.settle(); // before the chain is read
  const before = await readRoles(account.rpc, deployment);
  const steps = handoverSteps(before, deployment, account.address, successors);
  const to = deployment.contracts.AccessManager.address;
  for (const { words, name, args } of steps) {
    await account.send({ to, data: managerAbi.encodeFunctionData(name, args) }, words, { anew: true });
    onStep(words);
  }
  const table = steps.length === 0 ? before : await readRoles(account.rpc, deployment);
  return { done: steps.map(({ words }) => words), table };
}

const holderOf = ({ holders }: HeldRole, account: string): Holder | undefined => holders.find((holder) => isSame(holder.account, account));

function roleOf(table: RoleTable, name: Role): HeldRole {
  const found = table.roles.find((role) => role.name === name);
  if (!found) throw new RangeError(`the table has no role ${name}`); // readRoles lists every role of `roles`
  return found;
}

/** @throws HandoverRefused */
function assertSuccessors(successors: Successors, deployer: string, contracts: readonly string[]): void {
  for (const [name, account] of Object.entries(successors) as [string, string][]) {
    if ([deployer, ...contracts].some((other) => isSame(other, account))) {
      throw new HandoverRefused(`${name} would be ${account}, which is the deployer or of the vote`, "name an account of its own");
    }
  }
}

/** The timelock must be the governor's before it is admin: nobody could mend it afterwards. @throws HandoverRefused */
function assertTimelock(table: RoleTable, timelock: string, governor: string): void {
  const wanted = { DEFAULT_ADMIN_ROLE: timelock, PROPOSER_ROLE: governor, CANCELLER_ROLE: governor };
  for (const [role, account] of Object.entries(wanted)) {
    const holders = table.timelock.find((each) => each.role === role)?.holders ?? [];
    if (holders.length !== 1 || !isSame(holders[0]?.account ?? "", account)) {
      const seen = holders.map((holder) => holder.account).join(", ") || "nobody";
      throw new HandoverRefused(`${role} of the timelock is held by ${seen}, and must be by ${account} alone`, "deploy the contracts anew");
    }
  }
}

/** @throws HandoverRefused */
function assertNobodyElse({ id, name, holders }: HeldRole, known: readonly string[]): void {
  const stranger = holders.find(({ account }) => !known.some((each) => isSame(each, account)));
  if (!stranger) return;
  const words = `${stranger.account} has ${name ?? `role ${id}`} as well`;
  throw new HandoverRefused(words, "name that account where it is the right one, or revoke the role from it with the deployer's key");
}

/** Whether the deployer has no role any more. */
export const isHandedOver = (table: RoleTable, { admin }: Deployment): boolean => rolesHeldBy(table, admin).length === 0;
