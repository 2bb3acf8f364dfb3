import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { described, json, metricsPort, text } from "./described.ts";

/** The tasks over the vault. Each sends single transactions by the user; mass mints go `mint:list --minter cast`. */

const collateral = { ...text("collateral", "The collateral: 'eth', a token's symbol or its address"), defaultValue: "eth" } as const;
export const as = {
  name: "as",
  description: "Which of the network's accounts sends, from 0; never a lane",
  type: ArgumentType.INT,
  defaultValue: 0,
} as const;
const all = (what: string) => ({ ...text("amount", what), defaultValue: "all" }) as const;

const castOpen = task(
  "cast:open",
  described("Puts ether or a token, which is approved first, into the account's position", "cast:open --amount 1.5 --network local"),
)
  .addOption(collateral)
  .addOption(text("amount", "How much collateral, as a decimal number"))
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./cast-open.ts"))
  .build();

const castMint = task(
  "cast:mint",
  described(
    "Mints cast tokens on the account's own position in one transaction; killed before it told the end, run it again and it goes on with that one. Many mints, each exactly once, go mint:list --minter cast",
    "cast:mint --amount 1000 --network local",
  ),
)
  .addOption(collateral)
  .addOption(text("amount", "How many cast tokens, as a decimal number"))
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./cast-mint.ts"))
  .build();

const castApprove = task(
  "cast:approve",
  described(
    "Lets orders (mint:list --minter cast) mint so many cast tokens more in the account's name, on its position; replaces what it allowed before",
    "cast:approve --amount 1000 --network local",
  ),
)
  .addOption({ ...collateral, description: "The collateral that the orders name; where CastMinter has no name for it, it is given one" })
  .addOption(text("amount", "How many cast tokens, as a decimal number; 0 takes the allowance back"))
  .addOption(text("minter", "Address of the contract that may mint; CastMinter where empty"))
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./cast-approve.ts"))
  .build();

const castRepay = task("cast:repay", described("Burns the account's cast tokens for its debt", "cast:repay --amount 250.5 --network local"))
  .addOption(collateral)
  .addOption(all("How many cast tokens, as a decimal number, or all that is owed"))
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./cast-repay.ts"))
  .build();

const castWithdraw = task(
  "cast:withdraw",
  described("Takes collateral out of the account's position; the rest must cover the debt", "cast:withdraw --amount 0.5 --network local"),
)
  .addOption(collateral)
  .addOption(all("How much collateral, as a decimal number, or all of it"))
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./cast-withdraw.ts"))
  .build();

const castLiquidate = task(
  "cast:liquidate",
  described(
    "Pays the debt of a position that is not covered any more, for its collateral and the bonus",
    "cast:liquidate --account 0x90F79bf6EB2c4f870365E785982E1f101E93b906 --network local",
  ),
)
  .addOption(text("account", "Whose position"))
  .addOption(collateral)
  .addOption(all("The most cast tokens to pay, as a decimal number, or all that is owed or there is"))
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./cast-liquidate.ts"))
  .build();

const poolShow = task(
  "pool:show",
  described("Shows each collateral's terms, price and debt, and the positions that are worst covered", "pool:show --network local"),
)
  .addOption({ name: "positions", description: "Most positions to show", type: ArgumentType.INT, defaultValue: 10 })
  .addFlag(json)
  .setAction(() => import("./pool-show.ts"))
  .build();

const castKeeper = task(
  "cast:keeper",
  described(
    "Liquidates positions that are not covered any more, block by block, until Ctrl+C; pays with the account's cast tokens",
    "cast:keeper --once --network local",
  ),
)
  .addFlag({ name: "once", description: "One pass over all positions, to the end of what it sends" })
  .addOption({
    ...text("minGain", "What each must gain more than, in cast tokens as a decimal number, or 'gas': what its gas costs, or 'none'"),
    defaultValue: "gas",
  })
  .addOption(as)
  .addOption(metricsPort)
  .addFlag({ name: "json", description: "Print JSON for machines: a line for each event, or one document with --once" })
  .setAction(() => import("./cast-keeper.ts"))
  .build();

export const castTasks = [castOpen, castMint, castApprove, castRepay, castWithdraw, castLiquidate, castKeeper, poolShow];
