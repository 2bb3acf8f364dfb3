import { HDNodeWallet } from "ethers";
import type { LaneNotice } from "../../../src/chain/index.ts";
import { type Clock, systemClock } from "../../../src/clock.ts";
import type { MintdOptions } from "../../../src/mintd.ts";
import { Secret } from "../../../src/secret.ts";
import { MINTED_TOPIC, orderIdOf } from "../../../src/voucher/index.ts";
import type { Row, World } from "./world.ts";

const account = (index: number): HDNodeWallet =>
  HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", "", `m/44'/60'/0'/0/${index}`);

/** The accounts that anvil funds from the third on, of which each is a lane. */
export const laneAccounts = (count: number): HDNodeWallet[] => Array.from({ length: count }, (_, i) => account(2 + i));

export const laneKeys = (count: number): Secret[] => laneAccounts(count).map(({ privateKey }) => new Secret(privateKey));

/** The same receivers each time, so that each has the same lane each time. */
export const receiver = (n: number): string => `0x${n.toString(16).padStart(4, "0").repeat(10)}`;

/** One order for each of the users, named by user and turn; every one mints one token. */
export const rowsFor = (users: readonly number[], turn: number): Row[] =>
  users.map((user) => ({ line: user + 1, id: `user-${user}-${turn}`, to: receiver(user), quantity: 1, uri: "" }));

export const orderIds = (rows: readonly Row[]): string[] => rows.map(({ id }) => orderIdOf("default", id));

/** Time that stands still as far as mintd looks at it: nothing is sent again because it has waited long. */
export const stillClock: Clock = { ...systemClock, now: () => 0 };

/** Gathers what the lanes tell besides their orders' events. */
export function noticesOf(): { readonly notices: LaneNotice[]; readonly onNotice: NonNullable<MintdOptions["onNotice"]> } {
  const notices: LaneNotice[] = [];
  return { notices, onNotice: (notice) => void notices.push(notice) };
}

export interface LaneAttempt {
  readonly lane: string;
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
  readonly orderIds: readonly string[];
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
}

/** All attempts of all lanes, oldest first; `lane` is in lower case. */
export async function laneAttempts(world: World): Promise<LaneAttempt[]> {
  const events = (await world.events()).filter(({ stream, kind }) => stream.startsWith("lane/") && kind === "attempted");
  return events.map(({ stream, data }) => ({ ...(data as object), lane: stream.split("/")[2] ?? "" }) as LaneAttempt);
}

/** Order ids in the order in which the chain minted them. */
export async function mintedInOrder(world: World): Promise<string[]> {
  const logs = await world.anvil.rpc.request<{ topics: string[]; blockNumber: string; logIndex: string }[]>("eth_getLogs", [
    { address: world.minter, fromBlock: "0x0", toBlock: "latest", topics: [MINTED_TOPIC] },
  ]);
  const place = (log: { blockNumber: string; logIndex: string }) => Number(log.blockNumber) * 100_000 + Number(log.logIndex);
  return logs.sort((a, b) => place(a) - place(b)).map(({ topics }) => topics[1] ?? "");
}

export const setBalance = (world: World, address: string, wei: bigint): Promise<unknown> =>
  world.anvil.rpc.request("anvil_setBalance", [address, `0x${wei.toString(16)}`]);

export const nextBaseFee = (world: World, gwei: number): Promise<unknown> =>
  world.anvil.rpc.request("anvil_setNextBlockBaseFeePerGas", [`0x${BigInt(Math.round(gwei * 1e9)).toString(16)}`]);

/** Nonces of the account in the newest block. */
export async function countOf(world: World, address: string): Promise<number> {
  return Number(await world.anvil.rpc.request<string>("eth_getTransactionCount", [address, "latest"]));
}
