import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type ProposalArgs, runStep } from "./gov-context.ts";
import { reporting } from "./print.ts";

const action: NewTaskActionFunction<ProposalArgs> = (args, hre) =>
  reporting(args.json, () => runStep(hre, args, "executed", (vote, account, proposal) => vote.execute(account, proposal)));

export default action;
