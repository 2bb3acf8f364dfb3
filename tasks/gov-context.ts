import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import {
  type Account,
  duration,
  isoOf,
  NotALocalChain,
  type Proposal,
  stakeWords,
  type Step,
  Vote,
  type VoteStep,
  warpTo,
} from "../src/cast/index.ts";
import { networkOf } from "../src/chain/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { accountAt, type CastContext, castContext, percent, stepLines } from "./cast-context.ts";
import { factTable, print } from "./print.ts";

/** Arguments that the tasks over a proposal share. */
export interface ProposalArgs {
  readonly proposal: string;
  readonly warp: boolean;
  readonly as: number;
  readonly json: boolean;
}

export const voteOf = ({ context, contracts, deployment }: CastContext): Vote => new Vote(context.rpc, contracts, deployment.block);

/** The id in decimals, from decimals or hexadecimal. @throws InvalidArgument */
export function proposalId(text: string): string {
  const example = "gov:show 7035…, as gov:propose printed it";
  if (!/^(\d{1,78}|0x[0-9a-fA-F]{1,64})$/.test(text)) throw new InvalidArgument("the proposal's id", `is '${text}'`, example);
  return BigInt(text).toString();
}

/** Does one step with a proposal when it is possible, and prints how it stands then. */
export async function runStep(
  hre: HardhatRuntimeEnvironment,
  { proposal: text, warp, as, json }: ProposalArgs,
  doing: VoteStep,
  work: (vote: Vote, account: Account, proposal: Proposal) => Promise<readonly Step[]>,
): Promise<void> {
  const id = proposalId(text);
  const cast = await castContext(hre);
  const { chainId, network } = cast.deployment;
  if (warp && networkOf(chainId).isPublic) throw new NotALocalChain(`${network} (chain ${chainId})`);
  const account = await accountAt(cast, as, json);
  const vote = voteOf(cast);
  const proposal = await vote.ready(id, doing, warp ? (to) => warpTo(cast.context.rpc, to) : undefined);
  const steps = await work(vote, account, proposal);
  printProposal(json, account, steps, await vote.proposal(id));
}

export function printProposal(json: boolean, account: Account, steps: readonly Step[], proposal: Proposal): void {
  print(json, { account: account.address, transactions: steps, proposal }, () => [...stepLines(steps), proposalTable(proposal)].join("\n"));
}

/** State, votes, quorum and the times left. */
export function proposalTable(proposal: Proposal): string {
  const { id, description, proposer, state, inFavour, against, abstained, quorum, majorityBps, snapshot, deadline, eta, now } = proposal;
  const share = inFavour + against === 0n ? "-" : percent((inFavour * 10_000n) / (inFavour + against));
  return factTable([
    ["proposal", id],
    ["what", description],
    ["proposer", proposer],
    ["state", state],
    ["for", `${stakeWords(inFavour)} (${share}, ${percent(majorityBps)} needed)`],
    ["against", stakeWords(against)],
    ["abstaining", stakeWords(abstained)],
    ["quorum, for it", `${stakeWords(inFavour)} of ${stakeWords(quorum)}`],
    ["votes from", when(snapshot + 1n, now)],
    ["votes until", when(deadline, now)],
    ["executable from", eta === 0n ? "-" : when(eta, now)],
  ]);
}

const when = (at: bigint, now: bigint): string => `${isoOf(at)}${at > now ? `, in ${duration(at - now)}` : ""}`;
