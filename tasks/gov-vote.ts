import type { NewTaskActionFunction } from "hardhat/types/tasks";
import type { supports } from "../src/cast/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { type ProposalArgs, runStep } from "./gov-context.ts";
import { reporting } from "./print.ts";

interface Args extends ProposalArgs {
  readonly for: boolean;
  readonly against: boolean;
  readonly abstain: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const chosen = (["for", "against", "abstain"] as const satisfies readonly (keyof typeof supports)[]).filter((name) => args[name]);
    const [support, another] = chosen;
    if (support === undefined || another !== undefined) {
      throw new InvalidArgument("the vote", "must be one of --for, --against and --abstain", "gov:vote 7035… --for");
    }
    await runStep(hre, args, "voted on", (vote, account, proposal) => vote.vote(account, proposal, support));
  });

export default action;
