import { Interface } from "ethers";
import type { CastContracts, Rpc } from "../chain/index.ts";
import { MintdError } from "../error.ts";
import { uriDigestOf } from "../voucher/index.ts";
import { vaultAbi } from "./abi.ts";
import { CollateralUnknown } from "./errors.ts";
import { type Move, step, type Step } from "./moves.ts";
import { newestBlock, readAll } from "./reads.ts";

const allowing = new Interface(["function approveMinter(address minter, uint256 allowanceD18)"]);
const minterAbi = new Interface([
  "function nameCollateral(address collateral) returns (bytes32 uriDigest)",
  "function collateralNamed(bytes32 uriDigest) view returns (address)",
]);

/** CastMinter has no name for a collateral of the vault, so no order can be minted against it. */
export class CollateralNotNamed extends MintdError {
  readonly code = "COLLATERAL_NOT_NAMED";
  constructor(collateral: string) {
    super(`CastMinter does not know the collateral ${collateral} by name`, {
      hint: `whoever allows it to mint names it too: npx hardhat cast:approve --collateral ${collateral} --amount 1000`,
    });
  }
}

/**
 * Lets `minter` mint up to `allowanceD18` more cast tokens in the account's name, in whatever collateral, instead of what it
 * might before. Where the minter is CastMinter and does not know the collateral by name, it is told first.
 * @throws as Account.send
 */
export async function allowMinter(
  { vault, account, pool }: Move,
  { minter, castMinter, allowanceD18 }: { readonly minter: string; readonly castMinter: string; readonly allowanceD18: bigint },
): Promise<Step[]> {
  const isNamed = minter !== castMinter || (await namesOf(account.rpc, castMinter, [pool.collateral])).has(pool.collateral.toLowerCase());
  const naming = { to: castMinter, data: minterAbi.encodeFunctionData("nameCollateral", [pool.collateral]) };
  const named = isNamed ? [] : [await step(account, "name the collateral", naming)];
  const data = allowing.encodeFunctionData("approveMinter", [minter, allowanceD18]);
  return [...named, await step(account, "allow the minter", { to: vault.address, data })];
}

/**
 * Each of these is a collateral of the vault that orders can name.
 * @param collaterals addresses in lower case
 * @throws CollateralUnknown, CollateralNotNamed, RpcRefused, RpcUnanswered
 */
export async function checkCollaterals(
  rpc: Rpc,
  { CollateralVault, CastMinter }: Pick<CastContracts, "CollateralVault" | "CastMinter">,
  collaterals: readonly string[],
): Promise<void> {
  const [answer] = await readAll(rpc, await newestBlock(rpc), [{ to: CollateralVault.address, abi: vaultAbi, name: "collaterals" }]);
  const taken = answer?.[0] as readonly string[];
  const known = new Set(taken.map((each) => each.toLowerCase()));
  for (const each of collaterals) if (!known.has(each)) throw new CollateralUnknown(each, taken);
  const named = await namesOf(rpc, CastMinter.address, collaterals);
  for (const each of collaterals) if (!named.has(each)) throw new CollateralNotNamed(each);
}

/** Those that the minter knows by name, in lower case. */
async function namesOf(rpc: Rpc, to: string, collaterals: readonly string[]): Promise<ReadonlySet<string>> {
  const views = collaterals.map((each) => ({ to, abi: minterAbi, name: "collateralNamed", args: [uriDigestOf(each.toLowerCase())] }));
  const names = await readAll(rpc, await newestBlock(rpc), views);
  return new Set(names.map((name) => String(name[0]).toLowerCase()));
}
