import { id, ZeroHash } from "ethers";
import { readAll, type View } from "../../src/cast/reads.ts";
import type { Deployment, Rpc } from "../../src/chain/index.ts";
import { governed, type Role, roles, selectorOf } from "./permissions.ts";
import { type Candidates, candidates, isSame, managerAbi, timelockAbi } from "./role-logs.ts";

/** Who has a role. */
export interface Holder {
  readonly account: string;
  /** deployer, a contract's name, or anybody; null for any other account. */
  readonly name: string | null;
  /** Seconds between the announcement of a call and the call; 0: it calls at once. */
  readonly delaySeconds: number;
}

/** A role of the AccessManager. */
export interface HeldRole {
  readonly id: bigint;
  /** Null for a role that mintd does not know. */
  readonly name: Role | null;
  readonly holders: readonly Holder[];
  /** What it may call: contract and function, which is its selector where mintd does not know it. */
  readonly functions: readonly { readonly contract: string; readonly function: string }[];
  /** Who may cancel what its holders have announced, besides the admin: a role's number. */
  readonly guardian: bigint;
}

/** Who may do what on a deployment, as of one block. */
export interface RoleTable {
  readonly block: number;
  readonly roles: readonly HeldRole[];
  /** Of the TimelockController, by the names of OpenZeppelin; none without the cast contracts. */
  readonly timelock: readonly { readonly role: string; readonly holders: readonly Omit<Holder, "delaySeconds">[] }[];
}

const timelockRoles: readonly (readonly [name: string, id: string])[] = [
  ["DEFAULT_ADMIN_ROLE", ZeroHash],
  ...["PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE"].map((name) => [name, id(name)] as const),
];

const ANYBODY = `0x${"0".repeat(40)}`;

/** Reads all of it from the chain. @throws RpcUnanswered, RpcRefused */
export async function readRoles(rpc: Rpc, deployment: Deployment): Promise<RoleTable> {
  const found = await candidates(rpc, deployment);
  const contracts = contractsOf(deployment);
  const nameOf = (account: string): string | null => {
    if (isSame(account, deployment.admin)) return "deployer";
    if (isSame(account, ANYBODY)) return "anybody";
    return contracts.find(([, address]) => isSame(address, account))?.[0] ?? null;
  };
  return {
    block: found.at.number,
    roles: await managerRoles(rpc, deployment, found, nameOf),
    timelock: deployment.cast ? await timelockHolders(rpc, deployment.cast.TimelockController.address, found, deployment, nameOf) : [],
  };
}

/** What the account of this address has in the table, by the names of roles. */
export function rolesHeldBy(table: RoleTable, account: string): string[] {
  const has = ({ holders }: { readonly holders: readonly Omit<Holder, "delaySeconds">[] }) =>
    holders.some((holder) => isSame(holder.account, account));
  return [
    ...table.roles.filter(has).map(({ id: number, name }) => name ?? `role ${number}`),
    ...table.timelock.filter(has).map(({ role }) => `the timelock's ${role}`),
  ];
}

type NameOf = (account: string) => string | null;

async function managerRoles(rpc: Rpc, deployment: Deployment, found: Candidates, nameOf: NameOf): Promise<HeldRole[]> {
  const to = deployment.contracts.AccessManager.address;
  const view = (name: string, ...args: readonly unknown[]): View => ({ to, abi: managerAbi, name, args });
  const numbers = [...new Set([...Object.values(roles), ...found.members.map(({ role }) => role)])].sort((one, other) =>
    one < other ? -1 : 1,
  );
  const accounts = (role: bigint): string[] =>
    everybody(
      deployment,
      found.members.filter((member) => member.role === role).map(({ account }) => account),
    );
  const pairs = numbers.flatMap((role) => accounts(role).map((account) => ({ role, account })));
  const held = await readAll(
    rpc,
    found.at,
    pairs.map(({ role, account }) => view("hasRole", role, account)),
  );
  const functions = functionsOf(deployment, found);
  const allowed = await readAll(
    rpc,
    found.at,
    functions.map(({ target, selector }) => view("getTargetFunctionRole", target, selector)),
  );
  const guardians = await readAll(
    rpc,
    found.at,
    numbers.map((role) => view("getRoleGuardian", role)),
  );
  return numbers.map((role, i) => ({
    id: role,
    name: (Object.entries(roles).find(([, number]) => number === role)?.[0] ?? null) as Role | null,
    holders: pairs.flatMap(({ role: of, account }, at) =>
      of === role && held[at]?.[0] === true ? [{ account, name: nameOf(account), delaySeconds: Number(held[at][1]) }] : [],
    ),
    functions: functions
      .filter((_, at) => allowed[at]?.[0] === role)
      .map(({ target, selector }) => ({ contract: nameOf(target) ?? target, function: signatures.get(selector) ?? selector })),
    guardian: guardians[i]?.[0] as bigint,
  }));
}

async function timelockHolders(
  rpc: Rpc,
  to: string,
  { at, timelockMembers }: Candidates,
  deployment: Deployment,
  nameOf: NameOf,
): Promise<RoleTable["timelock"]> {
  const pairs = timelockRoles.flatMap(([role, number]) =>
    everybody(deployment, [ANYBODY, ...timelockMembers.filter((member) => member.role === number).map(({ account }) => account)]).map(
      (account) => ({ role, number, account }),
    ),
  );
  const held = await readAll(rpc, at, pairs.map(({ number, account }) => ({ to, abi: timelockAbi, name: "hasRole", args: [number, account] }))); // prettier-ignore
  return timelockRoles.map(([role]) => ({
    role,
    holders: pairs.flatMap(({ role: of, account }, i) =>
      of === role && held[i]?.[0] === true ? [{ account, name: nameOf(account) }] : [],
    ),
  }));
}

/** Those whom the logs name, and those who have roles from the start: a local chain that was restarted has lost its logs. */
function everybody({ admin, cast }: Deployment, said: readonly string[]): string[] {
  const known = [admin, ...(cast ? [cast.TimelockController.address, cast.MintGovernor.address] : []), ...said];
  return known.filter((account, i) => known.findIndex((other) => isSame(account, other)) === i);
}

/** Every function that some role was given, and each that mintd gives to one: without a role it would be the admin's. */
function functionsOf(deployment: Deployment, { functions }: Candidates): { readonly target: string; readonly selector: string }[] {
  const contracts = new Map(contractsOf(deployment));
  const known = governed.flatMap(({ contract, signature }) => {
    const target = contracts.get(contract);
    return target === undefined ? [] : [{ target, selector: selectorOf(signature) }];
  });
  const idOf = ({ target, selector }: (typeof known)[number]): string => `${target.toLowerCase()} ${selector}`;
  return [...new Map([...known, ...functions].map((each) => [idOf(each), each])).values()];
}

const signatures = new Map(governed.map(({ signature }) => [selectorOf(signature), signature]));

const contractsOf = ({ contracts, cast }: Deployment): (readonly [name: string, address: string])[] =>
  Object.entries({ ...contracts, ...cast }).map(([name, { address }]) => [name, address]);
