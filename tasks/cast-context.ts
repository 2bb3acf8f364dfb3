import { formatEther, formatUnits } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { type Account, collateralNamed, type Move, type PositionView, type Step, Vault, viewPosition } from "../src/cast/index.ts";
import { type CastContracts, castContracts, checkChain, type Deployment } from "../src/chain/index.ts";
import { accountOf, isLane } from "./accounts.ts";
import { InvalidArgument } from "./arguments.ts";
import { deploymentOf, keyAt, type TaskContext, taskContext } from "./context.ts";
import { factTable, print } from "./print.ts";

/** What the tasks over the vault and the vote work with. */
export interface CastContext {
  readonly context: TaskContext;
  readonly deployment: Deployment;
  readonly contracts: CastContracts;
  readonly vault: Vault;
}

/** Arguments that those tasks share. */
export interface MoveArgs {
  readonly collateral: string;
  readonly amount: string;
  readonly as: number;
  readonly json: boolean;
}

/** @throws CastNotDeployed, GenesisMismatch, ChainMismatch */
export async function castContext(hre: HardhatRuntimeEnvironment): Promise<CastContext> {
  const context = await taskContext(hre);
  const deployment = await deploymentOf(context);
  const contracts = castContracts(deployment);
  await checkChain(context.rpc, deployment);
  return { context, deployment, contracts, vault: new Vault(context.rpc, contracts) };
}

/**
 * The account at this place among the network's, which is said on stderr, with what earlier runs left settled. A lane is
 * refused: its nonces are mintd's.
 * @param soleKey lets the key through that is admin and stands in for the lane; while the task runs it has mintd's own lock
 * @throws InvalidArgument, AccountInUse, AccountIsLane, GenesisMismatch
 */
export async function accountAt(
  { context, deployment }: Pick<CastContext, "context" | "deployment">,
  index: number,
  json: boolean,
  { soleKey = false }: { readonly soleKey?: boolean } = {},
): Promise<Account> {
  const example = "--as 0";
  if (!Number.isSafeInteger(index) || index < 0 || index > 999) {
    throw new InvalidArgument("--as", `is ${index}, and must be the place of an account, from 0`, example);
  }
  const key = await keyAt(context, index);
  if (!key) throw new InvalidArgument("--as", `is ${index}, and network ${context.network} has no such account`, example);
  const standsIn = isLane(context, context.keys.admin);
  if (isLane(context, key) && !(soleKey && standsIn)) {
    const other = index > 0 ? example : "accounts: [admin, voucher signer, lane] in hardhat.config.ts, so that 0 is no lane";
    throw new InvalidArgument("--as", `is ${index}, which is a lane of mintd: whatever else it sends stops it`, other);
  }
  const account = accountOf(context, deployment, key);
  if (!json) console.error(`as ${account.address}, account ${index} of ${context.network}`);
  await account.settle();
  return account;
}

/** Runs one move of an account's position and prints its transactions and how the position stands then. */
export async function runMove(
  hre: HardhatRuntimeEnvironment,
  { collateral, as, json }: Omit<MoveArgs, "amount">,
  work: (move: Move, cast: CastContext) => Promise<{ readonly steps: readonly Step[]; readonly of?: string }>,
): Promise<void> {
  const cast = await castContext(hre);
  const { vault, contracts } = cast;
  const named = collateralNamed(collateral, await vault.pools(await vault.newest()), contracts.WETH.address);
  const account = await accountAt(cast, as, json);
  const { steps, of = account.address } = await work({ vault, account, ...named }, cast);
  const position = await viewPosition(vault, named.pool.collateral, of);
  print(json, { account: account.address, transactions: steps, position }, () =>
    [...stepLines(steps), ...(position ? [positionTable(position)] : [])].join("\n"),
  );
}

export const stepLines = (steps: readonly Step[]): string[] =>
  steps.map(({ what, hash, block, gasUsed }) => `${what}: ${hash} in block ${block}, ${gasUsed} gas`);

const positionTable = (position: PositionView): string =>
  factTable([
    ["position of", position.account],
    ["collateral", `${formatUnits(position.amount, position.decimals)} ${position.symbol}`],
    ["debt", `${formatEther(position.debtD18)} cast`],
    ["ratio", percent(position.ratioBps)],
    ["liquidated below", percent(position.liquidationRatioBps)],
    ["price", priceWords(position)],
    ["liquidation price", price(position.liquidationPrice)],
  ]);

/** 15000 as 150.00 %; what is not there as a dash. */
export const percent = (bps: bigint | null): string => (bps === null ? "-" : `${(Number(bps) / 100).toFixed(2)} %`);

/** A price of 8 decimals. */
export const price = (value: bigint | null): string => (value === null || value === 0n ? "-" : formatUnits(value, 8));

/** The price, how old it is, and whether that is too old. */
export function priceWords({ price: value, priceAgeSeconds, priceFresh }: Pick<PositionView, "price" | "priceAgeSeconds" | "priceFresh">) {
  if (priceAgeSeconds === null) return "none";
  return `${price(value)}, ${priceAgeSeconds} s old${priceFresh ? "" : ": too old"}`;
}
