import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { as } from "./cast.ts";
import { described, json, text } from "./described.ts";

/** The tasks over the vote. */

const proposal = { name: "proposal", description: "The proposal's id, as gov:propose printed it", type: ArgumentType.STRING } as const;
const warp = { name: "warp", description: "On a local chain: move its time to when this is possible" } as const;

const govStake = task(
  "gov:stake",
  described("Stakes governance tokens, which vote from then on", "gov:stake --amount 2500000 --network local"),
)
  .addOption(text("amount", "How many, as a decimal number"))
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./gov-stake.ts"))
  .build();

const govPropose = task(
  "gov:propose",
  described(
    "Proposes a collateral's new ratio, or any call that a role restricts; whoever has staked 10,000 may",
    'gov:propose --call ProvenPrices.setTerms --args "[4543560,[4,50,60,300]]" --network local',
  ),
)
  .addOption(text("ratio", "A collateral and its ratio in 1/10,000: eth=13500 is 135 %"))
  .addOption(text("call", "A contract of the deployment and its function: CollateralVault.unpause"))
  .addOption(text("args", "The function's arguments as a JSON array; tuples are arrays, numbers from 2^53 on are strings"))
  .addOption(text("reason", "Why; another reason makes another proposal of the same"))
  .addFlag({ name: "untried", description: "Without trying the calls first: for what is refused now, and right when it is executed" })
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./gov-propose.ts"))
  .build();

const govVote = task("gov:vote", described("Votes on a proposal with the account's stake", "gov:vote 703512 --for --network local"))
  .addPositionalArgument(proposal)
  .addFlag({ name: "for", description: "In favour" })
  .addFlag({ name: "against", description: "Against it" })
  .addFlag({ name: "abstain", description: "Neither; is on record and counts for nothing" })
  .addFlag(warp)
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./gov-vote.ts"))
  .build();

const govQueue = task("gov:queue", described("Hands a proposal that has passed to the timelock", "gov:queue 703512 --network local"))
  .addPositionalArgument(proposal)
  .addFlag(warp)
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./gov-queue.ts"))
  .build();

const govExecute = task("gov:execute", described("Executes what the timelock has held long enough", "gov:execute 703512 --network local"))
  .addPositionalArgument(proposal)
  .addFlag(warp)
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./gov-execute.ts"))
  .build();

const govShow = task(
  "gov:show",
  described(
    "Shows a proposal's state, votes, quorum, the times left and what it calls; all proposals where none is named",
    "gov:show --network local",
  ),
)
  .addPositionalArgument({ ...proposal, defaultValue: "" })
  .addFlag(json)
  .setAction(() => import("./gov-show.ts"))
  .build();

export const govTasks = [govStake, govPropose, govVote, govQueue, govExecute, govShow];
