import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { repay } from "../src/cast/index.ts";
import { amountOf } from "./arguments.ts";
import { type MoveArgs, runMove } from "./cast-context.ts";
import { reporting } from "./print.ts";

const action: NewTaskActionFunction<MoveArgs> = (args, hre) =>
  reporting(args.json, async () => {
    const most = args.amount === "all" ? "all" : amountOf("--amount", args.amount, 18, "cast:repay --amount 250.5, or all");
    await runMove(hre, args, async (move) => ({ steps: await repay(move, most) }));
  });

export default action;
