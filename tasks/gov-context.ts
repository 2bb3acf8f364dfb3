import { formatEther } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { isSame } from "../scripts/deployment/role-logs.ts";
import {
  type Account,
  duration,
  isoOf,
  NotALocalChain,
  type Proposal,
  spokenWords,
  stakeWords,
  type Step,
  Vote,
  type VoteStep,
  warpTo,
} from "../src/cast/index.ts";
import { networkOf } from "../src/chain/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { callWords } from "./call-words.ts";
import { accountAt, type CastContext, castContext, percent, stepLines } from "./cast-context.ts";
import { foreignText, mostText } from "../src/foreign-text.ts";
import { contractsOf, type NamedContract } from "./governed-calls.ts";
import { misfitsIn, warningLines, warningsOf } from "./gov-warnings.ts";
import { factTable, print } from "./print.ts";

/** Arguments that the tasks over a proposal share. */
export interface ProposalArgs {
  readonly proposal: string;
  readonly warp: boolean;
  readonly as: number;
  readonly json: boolean;
}

type VoteWhere = Pick<CastContext, "contracts" | "deployment"> & { readonly context: Pick<CastContext["context"], "rpc"> };

export const voteOf = ({ context, contracts, deployment }: VoteWhere): Vote => new Vote(context.rpc, contracts, deployment.block);

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
  const account = await accountAt(cast, as, json, { soleKey: true });
  const vote = voteOf(cast);
  const proposal = await vote.ready(id, doing, warp ? (to) => warpTo(cast.context.rpc, to) : undefined);
  const contracts = await contractsOf(hre, cast.deployment);
  // Said and not refused: what has passed may be executed by anybody.
  const warnings = await warningsOf(() => misfitsIn(hre, cast, contracts, proposal.calls));
  const steps = await work(vote, account, proposal);
  printProposal(json, contracts, { account, steps, proposal: await vote.proposal(id), warnings });
}

/** What was done with a proposal, and how it stands then. */
export interface ProposalReport {
  readonly account: Account;
  readonly steps: readonly Step[];
  readonly proposal: Proposal;
  /** How many of its calls were tried before it was proposed. */
  readonly tried?: number;
  /** What it would leave that does not go together. */
  readonly warnings: readonly string[];
}

export function printProposal(json: boolean, contracts: readonly NamedContract[], report: ProposalReport): void {
  const { account, steps, proposal, tried, warnings } = report;
  const document = { account: account.address, transactions: steps, ...(tried !== undefined && { tried }) };
  print(json, { ...document, proposal: withWords(contracts, proposal), warnings }, () =>
    [
      ...stepLines(steps),
      ...(tried === undefined ? [] : [triedWords(tried, proposal.calls.length)]),
      proposalWords(contracts, proposal),
      ...warningLines(warnings),
    ].join("\n"),
  );
}

/** How much of a motion was tried before it was proposed. */
export function triedWords(tried: number, calls: number): string {
  if (tried === 0) return "none of its calls was tried: whether they can be executed shows when they are";
  if (tried < calls) return `only the first of its ${calls} calls could be tried: this node cannot run those that build on it`;
  return calls === 1 ? "its call was tried, and would be executed now" : `all of its ${calls} calls were tried, and would be executed now`;
}

/** That a proposal need not be made again, and whose it is. */
export function foundWords({ proposer }: Pick<Proposal, "proposer">, account: string): string {
  const whose = isSame(proposer, account) ? "" : `; it is of ${proposer}, who cannot cancel it any more`;
  return `this was proposed before${whose}; nothing was sent`;
}

/** That somebody else's proposal of the same was no reason not to make one's own. */
export const besideWords = ({ id, proposer }: Pick<Proposal, "id" | "proposer">): string =>
  `proposal ${id} has the same calls; it is of ${proposer}, who may still cancel it`;

/** The proposal with each of its calls in words; null where they are not known. */
export const withWords = (contracts: readonly NamedContract[], proposal: Proposal) => ({
  ...proposal,
  calls: proposal.calls.map((call) => ({ ...call, words: callWords(contracts, call) ?? null })),
});

/** What it does, and below it how it stands: the chain executes these calls, whatever the proposer wrote of them. */
export function proposalWords(contracts: readonly NamedContract[], proposal: Proposal): string {
  const calls = proposal.calls.map((call, i) => {
    const { to, data, value = 0n } = call;
    return `${i + 1}. ${callWords(contracts, call, mostText) ?? `${to}: ${data}`}${value === 0n ? "" : `, with ${value} wei (${formatEther(value)} ETH)`}`;
  });
  return ["what it calls:", ...calls, proposalTable(proposal)].join("\n");
}

/** State, votes, quorum and the times left. */
function proposalTable(proposal: Proposal): string {
  const { id, proposer, state, inFavour, against, abstained, quorum, majorityBps, snapshot, deadline, eta, now } = proposal;
  const share = inFavour + against === 0n ? "-" : percent((inFavour * 10_000n) / (inFavour + against));
  return factTable([
    ["proposal", id],
    ["what", foreignText(spokenWords(proposal))],
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
