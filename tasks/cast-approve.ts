import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { allowMinter } from "../src/cast/index.ts";
import { addressNamed, amountOf } from "./arguments.ts";
import { type MoveArgs, runMove } from "./cast-context.ts";
import { reporting } from "./print.ts";

interface Args extends MoveArgs {
  readonly minter: string;
}

const example = "cast:approve --amount 1000";

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const allowanceD18 = args.amount === "0" ? 0n : amountOf("--amount", args.amount, 18, example);
    const named = args.minter === "" ? undefined : addressNamed("--minter", args.minter, example);
    await runMove(hre, args, async (move, { contracts }) => {
      const castMinter = contracts.CastMinter.address;
      return { steps: await allowMinter(move, { minter: named ?? castMinter, castMinter, allowanceD18 }) };
    });
  });

export default action;
