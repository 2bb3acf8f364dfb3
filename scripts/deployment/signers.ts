import type { Account } from "../../src/cast/index.ts";
import { step, type Step } from "../../src/cast/moves.ts";
import { ContractRefused } from "../../src/cast/errors.ts";
import { type Block, newestBlock, readAll, type View } from "../../src/cast/reads.ts";
import { type Deployment, type MinterName, minterOf, type Rpc } from "../../src/chain/index.ts";
import { RpcUnanswered } from "../../src/chain/rpc/rpc.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { accessAbi, accessTo, RoleMissing } from "./access.ts";
import { type Announcement, grantOf, operationId, readSigners, signersAbi } from "./announced.ts";
import { roles, selectorOf } from "./permissions.ts";
import { isSame, managerAbi } from "./role-logs.ts";
import type { Holder, RoleTable } from "./roles.ts";
import { SignerNotSeenYet, SignerStillAnnounced, SignerStillSigns } from "./signer-errors.ts";

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

/** How long an endpoint that is behind is waited for. */
export interface Waiting {
  readonly clock?: Clock;
}

export interface Granting extends Waiting {
  /** Moves the chain's time to a second, where that may be done. */
  readonly warp?: ((to: bigint) => Promise<void>) | undefined;
}

const grantSelector = selectorOf("grantSigner(address)");
const revokeSelector = selectorOf("revokeSigner(address)");

/**
 * Brings an account to where it signs, as far as the time has come: at once without an execution delay; otherwise it is
 * announced, and granted by a run after that. An announcement that has expired is made anew.
 *
 * Race: the guardian cancels the announcement while it is executed. Then the contract refuses it, and the next run announces anew.
 * @throws RoleMissing before anything is sent; SignerNotSeenYet, ContractRefused, RpcUnanswered, RpcRefused
 */
export async function grantSigner(account: Account, of: SignerOf, { warp, clock = systemClock }: Granting = {}): Promise<Grant> {
  const { rpc } = account;
  const { deployment, contract, signer } = of;
  const { address: minter } = minterOf(deployment, contract);
  const manager = deployment.contracts.AccessManager.address;
  const data = grantOf(signer);
  await account.settle(); // before the chain is read
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
      const call = { to: manager, data: accessAbi.encodeFunctionData("schedule", [minter, data, 0]) };
      const announced = await step(account, "announce", call, { anew: true });
      steps.push(announced);
      const seen = await shown(
        clock,
        () => scheduleOf(rpc, manager, id),
        ({ from }) => from !== 0n,
      );
      if (!seen) throw new SignerNotSeenYet(signer, "announced", announced);
      held = seen;
    }
    if (held.now < held.from && !warp) return { outcome: "announced", steps, ...held };
    await warp?.(held.from);
  }
  const granted = await step(account, "grant", { to: minter, data }, { anew: true });
  steps.push(granted);
  const isSeen = await shown(clock, () => isGranted(rpc, minter, signer), Boolean);
  if (isSeen !== true) throw new SignerNotSeenYet(signer, "granted", granted);
  return { outcome: "granted", steps };
}

/**
 * Takes an account out, whatever it has come to: first it is revoked where it signs, which voids all vouchers of it that are not
 * redeemed; then what announces it is cancelled. The guardian may do both, whoever announced it may cancel that.
 *
 * Race: it is granted or announced while its announcement is cancelled. Mitigation: after whatever was sent the chain is read
 * again, and all of it is done again where something is there. What remains: a grant that is announced after that; it can be
 * executed a day later.
 * @returns what was sent; nothing where it is neither announced nor granted. It is neither when this resolves.
 * @throws RoleMissing before anything is sent; SignerStillSigns, SignerStillAnnounced
 * @throws ContractRefused, AccountUnfunded, RpcUnanswered, RpcRefused before anything is sent
 */
export async function revokeSigner(account: Account, of: SignerOf, { clock = systemClock }: Waiting = {}): Promise<Step[]> {
  const { signer } = of;
  const steps: Step[] = [];
  await account.settle(); // before the chain is read
  for (let round = 1; ; round++) {
    await revokeNow(account, of, steps, clock);
    try {
      const { granted, announced } = await standingAfter(account, of, steps, clock);
      if (!granted && announced.length === 0) return steps;
      if (round === mostRounds) {
        const problem = `after ${round} rounds it is ${granted ? "granted" : `announced by ${by(announced)}`} again`;
        throw new (granted ? SignerStillSigns : SignerStillAnnounced)(signer, problem, steps);
      }
      await cancelAll(account, of, announced, steps);
    } catch (error) {
      if (steps.length === 0 || error instanceof SignerStillSigns || error instanceof SignerStillAnnounced) throw error;
      throw new SignerStillAnnounced(signer, (error as Error).message, steps, error);
    }
  }
}

/** So often all is looked for and undone: who is quicker than that three times goes on. */
const mostRounds = 3;

/** Nothing where it does not sign. @throws SignerStillSigns where something was sent before */
async function revokeNow(account: Account, of: SignerOf, steps: Step[], clock: Clock): Promise<void> {
  const { address: to } = minterOf(of.deployment, of.contract);
  try {
    await caughtUp(account.rpc, steps, clock);
    if (!(await isGranted(account.rpc, to, of.signer))) return;
    await assertMayRevoke(account, of);
    const data = signersAbi.encodeFunctionData("revokeSigner", [of.signer]);
    steps.push(await step(account, "revoke", { to, data }, { anew: true }));
  } catch (error) {
    if (steps.length === 0) throw error;
    throw new SignerStillSigns(of.signer, (error as Error).message, steps, error);
  }
}

/** Whether it signs and what announces it, in a block that has what was sent. @throws SignerStillSigns where none is seen */
async function standingAfter({ rpc }: Account, { deployment, contract, signer }: SignerOf, steps: readonly Step[], clock: Clock) {
  try {
    await caughtUp(rpc, steps, clock);
  } catch (error) {
    throw new SignerStillSigns(signer, (error as Error).message, steps, error);
  }
  const { standings } = await readSigners(rpc, deployment, [contract], [signer]);
  const { granted = false, announced = [] } = standings.find((each) => isSame(each.signer, signer)) ?? {};
  // All logs may take minutes to read: whether it signs is asked for after that once more.
  return { granted: granted || (await isGranted(rpc, minterOf(deployment, contract).address, signer)), announced };
}

/** Cancels what the account may, and then says what it may not. @throws RoleMissing */
async function cancelAll(account: Account, { deployment, contract }: SignerOf, announced: readonly Announcement[], steps: Step[]) {
  const { address: minter } = minterOf(deployment, contract);
  const manager = deployment.contracts.AccessManager.address;
  if (announced.length === 0) return;
  const mayCancel = await mayCancelAny(account.rpc, await newestBlock(account.rpc), { manager, minter, account: account.address });
  const own = announced.filter((each) => mayCancel || isSame(each.by, account.address));
  for (const each of own) steps.push(...(await cancel(account, manager, minter, each)));
  const others = announced.filter((each) => !own.includes(each));
  if (others.length > 0) throw new RoleMissing(account.address, `cancel what ${by(others)} announced`, howToFindWhoMay);
}

const by = (announced: readonly Announcement[]): string => [...new Set(announced.map((each) => each.by))].join(", ");

/** Who may cancel what is announced for a minter, as roles:show has it; besides them whoever announced it, and the admin. */
export function guardiansOf({ roles: all }: RoleTable, contract: MinterName): readonly Holder[] {
  const granting = all.find(({ functions }) =>
    functions.some((each) => each.contract === contract && each.function === "grantSigner(address)"),
  );
  return all.find(({ id }) => id === (granting?.guardian ?? roles.admin))?.holders ?? [];
}

const howToFindWhoMay = "npx hardhat roles:show names who may; --as takes another of the network's accounts";

/** An endpoint that is behind is asked so often again, so many milliseconds apart. */
const [mostLooks, lookMs] = [10, 1_000] as const;

/** What is read, as soon as it is as it must be; undefined where it never is. */
async function shown<T>(clock: Clock, read: () => Promise<T>, isThere: (seen: T) => boolean): Promise<T | undefined> {
  for (let look = 1; ; look++) {
    const seen = await read();
    if (isThere(seen)) return seen;
    if (look === mostLooks) return undefined;
    await clock.pause(lookMs);
  }
}

/** Waits until the endpoint has the block of the last step. @throws RpcUnanswered where it stays behind */
async function caughtUp(rpc: Rpc, steps: readonly Step[], clock: Clock): Promise<void> {
  const last = steps.at(-1);
  if (!last) return;
  const block = await shown(
    clock,
    () => newestBlock(rpc),
    ({ number }) => number >= last.block,
  );
  if (!block) throw new RpcUnanswered("eth_getBlockByNumber", "the endpoint", `it has not got block ${last.block} yet`);
}

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
    return [
      await step(account, "cancel", { to: manager, data: accessAbi.encodeFunctionData("cancel", [by, minter, data]) }, { anew: true }),
    ];
  } catch (error) {
    if (error instanceof ContractRefused && error.reason === "AccessManagerNotScheduled") return [];
    throw error;
  }
}
