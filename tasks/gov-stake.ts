import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { stakeWords } from "../src/cast/index.ts";
import { amountOf } from "./arguments.ts";
import { accountAt, castContext, stepLines } from "./cast-context.ts";
import { voteOf } from "./gov-context.ts";
import { factTable, print, reporting } from "./print.ts";

interface Args {
  readonly amount: string;
  readonly as: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ amount, as, json }, hre) =>
  reporting(json, async () => {
    const wanted = amountOf("--amount", amount, 18, "gov:stake --amount 2500000");
    const cast = await castContext(hre);
    const account = await accountAt(cast, as, json, { soleKey: true });
    const vote = voteOf(cast);
    const steps = await vote.stake(account, wanted);
    const { staked, votes } = await vote.stakeOf(account.address);
    print(json, { account: account.address, transactions: steps, staked, votes }, () =>
      [
        ...stepLines(steps),
        factTable([
          ["account", account.address],
          ["staked", stakeWords(staked)],
          ["votes", stakeWords(votes)],
        ]),
      ].join("\n"),
    );
  });

export default action;
