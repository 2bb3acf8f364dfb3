import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type ProposalArgs, runStep } from "./gov-context.ts";
import { reporting } from "./print.ts";

const action: NewTaskActionFunction<ProposalArgs> = (args, hre) =>
  reporting(args.json, () => runStep(hre, args, "queued", (vote, account, proposal) => vote.queue(account, proposal)));

export default action;
