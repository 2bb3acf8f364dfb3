import { addressProblem, checksumAddress } from "../address.ts";
import type { Account, Call, Mined, Sending } from "./account.ts";
import { tokenAbi, vaultAbi } from "./abi.ts";
import { CollateralUnknown, NothingToDo } from "./errors.ts";
import { isFresh, type Position } from "./liquidations.ts";
import { lowestPrice, min, ratioOf } from "./position.ts";
import { newestBlock, readAll } from "./reads.ts";
import type { Pool, Vault } from "./vault.ts";

/** A collateral as a person named it; `ether` says that it goes in and out unwrapped. */
export interface Named {
  readonly pool: Pool;
  readonly ether: boolean;
}

/** A transaction of a move, and what it was for. */
export interface Step extends Mined {
  readonly what: string;
}

/** Who moves what: the account's own position in the collateral. */
export interface Move extends Named {
  readonly vault: Vault;
  readonly account: Account;
}

/** A position and how it stands at the posted price. */
export interface PositionView extends Position {
  readonly symbol: string;
  readonly decimals: number;
  /** The worth of the collateral in 1/10,000 of the debt; null where nothing is owed, or there is no price. */
  readonly ratioBps: bigint | null;
  readonly liquidationRatioBps: bigint;
  /** With 8 decimals; 0 if there is none. */
  readonly price: bigint;
  readonly priceAgeSeconds: bigint | null;
  /** Whether the price still mints and liquidates. */
  readonly priceFresh: boolean;
  /** Below this price anybody may liquidate it; null where nothing is owed. */
  readonly liquidationPrice: bigint | null;
}

/** The collateral called `eth`, by its symbol, or by its address. @throws CollateralUnknown */
export function collateralNamed(name: string, pools: readonly Pool[], weth: string): Named {
  const wanted = name.toLowerCase();
  const ether = wanted === "eth";
  const matches = ({ collateral, symbol }: Pool): boolean =>
    ether || wanted === "weth" ? collateral.toLowerCase() === weth.toLowerCase() : symbol.toLowerCase() === wanted;
  const byAddress = addressProblem(name) === undefined ? checksumAddress(name) : undefined;
  // Two tokens may bear one symbol: then only the address names one.
  const found = pools.filter((pool) => (byAddress === undefined ? matches(pool) : pool.collateral === byAddress));
  const [pool, another] = found;
  if (!pool || another) {
    throw new CollateralUnknown(
      name,
      pools.map(({ symbol, collateral }) => `${symbol} (${collateral})`),
    );
  }
  return { pool, ether };
}

/** Puts collateral into the account's position; a token is approved for exactly as much first. */
export async function deposit({ vault, account, pool, ether }: Move, amount: bigint): Promise<Step[]> {
  if (ether) return [await step(account, "deposit", vaultCall(vault, "depositETH", [account.address], amount))];
  const approved = await approve(account, pool.collateral, vault.address, amount);
  return [...approved, await step(account, "deposit", vaultCall(vault, "deposit", [pool.collateral, account.address, amount]))];
}

/** Mints on the account's own position at the posted price. */
export async function mint({ vault, account, pool }: Move, amountD18: bigint): Promise<Step[]> {
  return [await step(account, "mint", vaultCall(vault, "mintCast", [pool.collateral, amountD18, account.address]))];
}

/** Burns up to `maxD18` of the account's tokens for its debt, or `"all"` of it. @throws NothingToDo */
export async function repay({ vault, account, pool }: Move, maxD18: bigint | "all"): Promise<Step[]> {
  const at = await vault.newest();
  const [position] = await vault.positions(at, [{ collateral: pool.collateral, account: account.address }]);
  if (!position || position.debtD18 === 0n) {
    throw new NothingToDo(`${account.address} owes nothing against ${pool.symbol}`, "npx hardhat pool:show lists who owes");
  }
  // Of all, the vault takes what is owed when it is mined; the balance may not reach for it.
  const most = maxD18 === "all" ? (1n << 256n) - 1n : maxD18;
  return [await step(account, "repay", vaultCall(vault, "repay", [pool.collateral, account.address, most]))];
}

/** Takes collateral out to the account, or `"all"` that the position holds. @throws NothingToDo */
export async function withdraw({ vault, account, pool, ether }: Move, amount: bigint | "all"): Promise<Step[]> {
  const at = await vault.newest();
  const [position] = await vault.positions(at, [{ collateral: pool.collateral, account: account.address }]);
  if (!position || position.amount === 0n) {
    throw new NothingToDo(`${account.address} has no ${pool.symbol} in the vault`, "put some in: npx hardhat cast:open");
  }
  const taken = amount === "all" ? position.amount : amount;
  const call = ether
    ? vaultCall(vault, "withdrawETH", [taken, account.address])
    : vaultCall(vault, "withdraw", [pool.collateral, taken, account.address]);
  return [await step(account, "withdraw", call)];
}

/** Pays another account's debt, up to `maxD18` or as far as the balance reaches, for its collateral. @throws NothingToDo */
export async function liquidate({ vault, account, pool }: Move, debtor: string, maxD18: bigint | "all"): Promise<Step[]> {
  const at = await vault.newest();
  const balance = await vault.castOf(at, account.address);
  const most = maxD18 === "all" ? balance : min(balance, maxD18);
  if (most === 0n) {
    throw new NothingToDo(`${account.address} has no cast tokens to pay with`, "mint some (cast:mint), or take another account with --as");
  }
  return [await step(account, "liquidate", liquidation(vault, pool.collateral, debtor, most))];
}

/** The call that liquidates. */
export const liquidation = (vault: Vault, collateral: string, debtor: string, maxRepayD18: bigint): Call =>
  vaultCall(vault, "liquidate", [collateral, debtor, maxRepayD18]);

/** Lets `spender` move `amount` of a token, where it may not yet. */
export async function approve(account: Account, token: string, spender: string, amount: bigint): Promise<Step[]> {
  const at = await newestBlock(account.rpc);
  const [allowed] = await readAll(account.rpc, at, [{ to: token, abi: tokenAbi, name: "allowance", args: [account.address, spender] }]);
  const allowance = allowed?.[0] as bigint;
  if (allowance >= amount) return [];
  const allowing = (allowed: bigint): Call => ({ to: token, data: tokenAbi.encodeFunctionData("approve", [spender, allowed]) });
  // Some tokens change no allowance that is not zero.
  const reset = allowance > 0n ? [await step(account, "approve nothing", allowing(0n))] : [];
  return [...reset, await step(account, "approve", allowing(amount))];
}

export const step = async (account: Account, what: string, call: Call, sending?: Sending): Promise<Step> => ({
  what,
  ...(await account.send(call, what, sending)),
});

/** How the account's position stands after the newest block. */
export async function viewPosition(vault: Vault, collateral: string, account: string): Promise<PositionView | undefined> {
  const at = await vault.newest();
  const pool = (await vault.pools(at)).find((each) => each.collateral === collateral);
  const [position] = await vault.positions(at, [{ collateral, account }]);
  return pool && position && positionView(position, pool, at.timestamp);
}

/** @param at Unix seconds of the block that both were read at */
export function positionView(position: Position, pool: Pool, at: bigint): PositionView {
  const { terms, price, pricedAt, symbol } = pool;
  const { decimals, liquidationRatioBps } = terms;
  return {
    ...{ ...position, symbol, decimals, liquidationRatioBps, price },
    ratioBps: price === 0n ? null : (ratioOf(position, decimals, price) ?? null),
    priceAgeSeconds: pricedAt === 0n ? null : at - pricedAt,
    priceFresh: isFresh(pool, at),
    liquidationPrice: lowestPrice(position, decimals, liquidationRatioBps) ?? null,
  };
}

const vaultCall = ({ address }: Vault, name: string, args: readonly unknown[], value?: bigint): Call => ({
  to: address,
  data: vaultAbi.encodeFunctionData(name, args),
  ...(value !== undefined && { value }),
});
