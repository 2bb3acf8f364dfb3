import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { liquidate } from "../src/cast/index.ts";
import { addressNamed, amountOf } from "./arguments.ts";
import { type MoveArgs, runMove } from "./cast-context.ts";
import { reporting } from "./print.ts";

interface Args extends MoveArgs {
  readonly account: string;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const example = "cast:liquidate --account 0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    const debtor = addressNamed("--account", args.account, example);
    const most = args.amount === "all" ? "all" : amountOf("--amount", args.amount, 18, `${example} --amount 500`);
    await runMove(hre, args, async (move) => ({ steps: await liquidate(move, debtor, most), of: debtor }));
  });

export default action;
