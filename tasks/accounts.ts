import { dirname, join } from "node:path";
import { Account } from "../src/cast/index.ts";
import { type Deployment, networkOf, readLane } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { MintdError } from "../src/error.ts";
import type { Secret } from "../src/secret.ts";
import { holdLock, makeFolder, Refusal } from "../src/sqlite/index.ts";
import { type EventStore, openSqliteStore, StoreInUse, StoreNotFound } from "../src/store/index.ts";
import { newsTeller } from "./account-words.ts";
import { atEnd } from "./at-end.ts";
import { addressOf, type TaskContext } from "./context.ts";
import { orAborted } from "./interrupt.ts";

/** Another process sends from this account. Nothing was sent. */
export class AccountInUse extends MintdError {
  readonly code = "ACCOUNT_IN_USE";
  constructor(account: string) {
    super(`another process sends from ${account}, e.g. a keeper`, {
      hint: "wait until it is done, or stop it, then run the command again; or take another account with --as",
    });
  }
}

/** The account is a lane of mintd's at work: whatever else it sent would displace orders. Nothing was sent. */
export class AccountIsLane extends MintdError {
  readonly code = "ACCOUNT_IS_LANE";
  constructor(account: string, why: string) {
    super(`${account} is a lane of mintd, and ${why}`, {
      hint: "stop mintd when its orders are final and run the command again; or list a key of its own for the lane, as the network's third in hardhat.config.ts",
    });
  }
}

/** How long another process is waited for, in blocks: a single transaction is done by then. */
const patience = { blocks: 2, everyMs: 250 };

/** What an account is made from. */
type Where = Pick<TaskContext, "network" | "storePath" | "config" | "rpc" | "keys">;

/** Whether the key is one that mintd's lanes send with. */
export const isLane = ({ keys }: Pick<TaskContext, "keys">, key: Secret): boolean =>
  keys.lanes.some((lane) => addressOf(lane) === addressOf(key));

/** The account of a key. Its record is opened by the first thing that is sent, and closed when the task ends. */
export function accountOf(context: Where, { chainId }: Pick<Deployment, "chainId">, key: Secret): Account {
  const { config, rpc } = context;
  const { maxFeePerGasGwei, priorityFeeGwei } = config.fees;
  const account = new Account(rpc, key, {
    chainId,
    openStore: () => openRecord(context, chainId, key),
    limits: { maxFeePerGas: gwei(maxFeePerGasGwei), priorityFee: gwei(priorityFeeGwei) },
    finality: config.confirmations.finality,
    ...(config.rpc.pollMs !== undefined && { pollMs: config.rpc.pollMs }),
    onNews: newsTeller((words) => {
      console.error(words);
    }),
  });
  atEnd(() => account.close());
  return account;
}

/**
 * Waits for what earlier runs left on its way, each of which is told on standard error. Returns whether nothing is left: false
 * where the signal came first, and then the next run waits for it.
 * @throws as Account.settle
 */
export async function settledUntil(account: Pick<Account, "settle">, signal: AbortSignal): Promise<boolean> {
  try {
    await orAborted(signal, account.settle());
    return true;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return false;
    throw error;
  }
}

/** Where an account is recorded: beside mintd's own store, and never in it. */
export const recordPath = ({ storePath }: Pick<TaskContext, "storePath">, address: string): string =>
  join(dirname(storePath), "accounts", `${address}.db`);

/** @throws AccountInUse, AccountIsLane, and what a store throws */
async function openRecord(context: Where, chainId: number, key: Secret): Promise<EventStore> {
  const address = addressOf(key);
  if (isLane(context, key)) await keepMintdOut(context, chainId, address);
  const path = recordPath(context, address);
  const until = systemClock.now() + patience.blocks * networkOf(chainId).blockTimeMs;
  for (;;) {
    try {
      return await openSqliteStore({ path });
    } catch (error) {
      if (!(error instanceof StoreInUse)) throw error;
      if (systemClock.now() >= until) throw new AccountInUse(address);
      await systemClock.pause(patience.everyMs);
    }
  }
}

/**
 * Has mintd's own lock until the task ends, where one key is both account and lane.
 * @throws AccountIsLane where mintd is at work, or the lane has transactions on their way
 */
async function keepMintdOut({ storePath, network }: Where, chainId: number, address: string): Promise<void> {
  makeFolder(storePath);
  try {
    const lock = holdLock(storePath);
    atEnd(() => {
      lock.close();
    });
  } catch (error) {
    if (!(error instanceof Refusal) || error.fault.kind !== "in-use") throw error;
    throw new AccountIsLane(address, `mintd is at work on ${network}`);
  }
  const onTheirWay = await openNonces(storePath, chainId, address);
  if (onTheirWay > 0) throw new AccountIsLane(address, `has ${onTheirWay} transaction(s) on their way`);
}

async function openNonces(path: string, chainId: number, address: string): Promise<number> {
  try {
    const store = await openSqliteStore({ path, readOnly: true });
    try {
      return (await readLane(store, chainId, address)).open.size;
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof StoreNotFound) return 0;
    throw error;
  }
}

const gwei = (value: number): bigint => BigInt(Math.round(value * 1e9));
