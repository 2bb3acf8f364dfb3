import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { deposit } from "../src/cast/index.ts";
import { amountOf } from "./arguments.ts";
import { type MoveArgs, runMove } from "./cast-context.ts";
import { reporting } from "./print.ts";

const action: NewTaskActionFunction<MoveArgs> = (args, hre) =>
  reporting(args.json, () =>
    runMove(hre, args, async (move) => {
      const amount = amountOf("--amount", args.amount, move.pool.terms.decimals, "cast:open --collateral eth --amount 1.5");
      return { steps: await deposit(move, amount) };
    }),
  );

export default action;
