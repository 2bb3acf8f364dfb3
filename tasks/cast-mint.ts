import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { mint } from "../src/cast/index.ts";
import { amountOf } from "./arguments.ts";
import { type MoveArgs, runMove } from "./cast-context.ts";
import { reporting } from "./print.ts";

const action: NewTaskActionFunction<MoveArgs> = (args, hre) =>
  reporting(args.json, async () => {
    const amountD18 = amountOf("--amount", args.amount, 18, "cast:mint --amount 1000");
    await runMove(hre, args, async (move) => ({ steps: await mint(move, amountD18) }));
  });

export default action;
