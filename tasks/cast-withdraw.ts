import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { withdraw } from "../src/cast/index.ts";
import { amountOf } from "./arguments.ts";
import { type MoveArgs, runMove } from "./cast-context.ts";
import { reporting } from "./print.ts";

const action: NewTaskActionFunction<MoveArgs> = (args, hre) =>
  reporting(args.json, () =>
    runMove(hre, args, async (move) => {
      const { decimals } = move.pool.terms;
      const amount = args.amount === "all" ? "all" : amountOf("--amount", args.amount, decimals, "cast:withdraw --amount 0.5, or all");
      return { steps: await withdraw(move, amount) };
    }),
  );

export default action;
