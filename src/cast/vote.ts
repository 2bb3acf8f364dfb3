import { formatUnits, id as keccakOf } from "ethers";
import type { CastContracts, Rpc } from "../chain/index.ts";
import { toQuantity } from "../chain/rpc/rpc.ts";
import type { Account, Call } from "./account.ts";
import { governorAbi, stakesAbi, vaultAbi } from "./abi.ts";
import { type Creation, creationOf } from "./creation.ts";
import { ProposalNotReady, ProposalUnknown } from "./errors.ts";
import { approve, step, type Step } from "./moves.ts";
import { logPieces } from "../chain/rpc/log-pieces.ts";
import { type Block, newestBlock, type RawLog, readAll, type View } from "./reads.ts";
import { revertData } from "../chain/rpc/revert-data.ts";
import { describedBy, type Motion, ownedBy, partsOf, tryCalls } from "./motion.ts";
import { isoOf, proposalStates, refusalOf } from "./refusals.ts";
import type { Pool } from "./vault.ts";

export type ProposalState = (typeof proposalStates)[number] | "Unknown";

/** A proposal as of one block. Votes are in the stake's smallest units, times in Unix seconds. */
export interface Proposal extends Motion, Creation {
  readonly state: ProposalState;
  readonly now: bigint;
  /** Who had staked then votes; votes count from the second after it. */
  readonly snapshot: bigint;
  readonly deadline: bigint;
  /** From when on it can be executed; 0 before it is queued. */
  readonly eta: bigint;
  readonly inFavour: bigint;
  readonly against: bigint;
  readonly abstained: bigint;
  readonly quorum: bigint;
  readonly majorityBps: bigint;
}

/** What proposing came to. */
export interface Proposed {
  readonly id: string;
  readonly steps: Step[];
  /** How many of the calls, from the first, were run as the timelock will before it was proposed. */
  readonly tried: number;
}

/** What is done with a proposal. */
export type VoteStep = "voted on" | "queued" | "executed";

/** OpenZeppelin's GovernorCountingSimple numbers them so. */
export const supports = { against: 0, for: 1, abstain: 2 } as const;

type Contracts = Pick<CastContracts, "MintGovernor" | "StakedVotes" | "GovernanceToken" | "TimelockController" | "CollateralVault">;

/** The vote over the vault's terms. Every method throws RpcUnanswered and RpcRefused besides what it names. */
export class Vote {
  readonly #rpc: Rpc;
  readonly #contracts: Contracts;
  readonly #from: number;
  /** By id, which is the hash of calls and words, so that they never change. */
  readonly #created = new Map<string, Creation>();

  /** @param from the first block that can hold a proposal */
  constructor(rpc: Rpc, contracts: Contracts, from: number) {
    this.#rpc = rpc;
    this.#contracts = contracts;
    this.#from = from;
  }

  /** Stakes tokens of the account, approved for exactly as much. @throws ContractRefused */
  async stake(account: Account, amount: bigint): Promise<Step[]> {
    const { StakedVotes, GovernanceToken } = this.#contracts;
    const approved = await approve(account, GovernanceToken.address, StakedVotes.address, amount);
    const call = { to: StakedVotes.address, data: stakesAbi.encodeFunctionData("stake", [amount]) };
    return [...approved, await step(account, "stake", call)];
  }

  /** What the account has at stake, and the votes it has now. */
  async stakeOf(account: string): Promise<{ readonly staked: bigint; readonly votes: bigint }> {
    const views = ["stakeOf", "getVotes"].map((name) => ({
      to: this.#contracts.StakedVotes.address,
      abi: stakesAbi,
      name,
      args: [account],
    }));
    const [staked, votes] = await readAll(this.#rpc, await newestBlock(this.#rpc), views);
    return { staked: staked?.[0] as bigint, votes: votes?.[0] as bigint };
  }

  /** A collateral's new ratio, in words that follow from it: the same motion of the same account is the same proposal. */
  ratioMotion({ collateral, symbol }: Pick<Pool, "collateral" | "symbol">, ratioBps: bigint, reason = ""): Motion {
    const data = vaultAbi.encodeFunctionData("setRatio", [collateral, ratioBps]);
    const words = `Set the ratio of ${symbol} (${collateral}) to ${(Number(ratioBps) / 100).toFixed(2)} %`;
    return { calls: [{ to: this.#contracts.CollateralVault.address, data }], description: describedBy(words, reason) };
  }

  /**
   * Proposes it, in words that nobody else can propose it in. What the contracts would refuse now is refused here, not after ten
   * days: see `tryCalls`.
   * @param untried leaves that out, for what is right only in ten days
   * @throws ContractRefused, ReportRejected
   */
  async propose(account: Account, motion: Motion, untried = false): Promise<Proposed> {
    const { calls, description } = ownedBy(motion, account.address);
    const { TimelockController, MintGovernor } = this.#contracts;
    const parties = { timelock: TimelockController.address, executor: MintGovernor.address };
    const tried = untried ? 0 : await tryCalls(this.#rpc, parties, calls);
    const steps = [await step(account, "propose", this.#call(proposing({ calls, description })))];
    const [id] = await readAll(this.#rpc, await newestBlock(this.#rpc), [
      this.#view("getProposalId", [...partsOf(calls), keccakOf(description)]),
    ]);
    return { id: String(id?.[0]), steps, tried };
  }

  /** Whether the account may propose it now, whatever its calls would do: stakes and state are looked at. @throws ContractRefused */
  async assertProposable(account: string, motion: Motion): Promise<void> {
    try {
      // In the next block, as it will be: stakes count from the second after they were made.
      await this.#rpc.request("eth_call", [{ from: account, ...this.#call(proposing(ownedBy(motion, account))) }, "pending"]);
    } catch (error) {
      const reason = revertData(error);
      throw reason === undefined ? error : refusalOf(reason, (error as Error).message);
    }
  }

  async vote(account: Account, { id }: Proposal, support: keyof typeof supports): Promise<Step[]> {
    return [await step(account, `vote ${support}`, this.#call(governorAbi.encodeFunctionData("castVote", [id, supports[support]])))];
  }

  async queue(account: Account, proposal: Proposal): Promise<Step[]> {
    return [await step(account, "queue", this.#call(this.#passed("queue", proposal)))];
  }

  async execute(account: Account, proposal: Proposal): Promise<Step[]> {
    return [await step(account, "execute", this.#call(this.#passed("execute", proposal)))];
  }

  /** All proposals, the oldest first. */
  async proposals(): Promise<Proposal[]> {
    const at = await newestBlock(this.#rpc);
    const created: Creation[] = [];
    for await (const each of this.#creations(at)) created.push(each);
    return this.#read(at, created);
  }

  /** @throws ProposalUnknown */
  async proposal(id: string): Promise<Proposal> {
    const at = await newestBlock(this.#rpc);
    const [proposal] = await this.#read(at, [await this.#find(at, id)]);
    return proposal as Proposal; // one is read of one
  }

  /**
   * The proposal when the step is possible.
   * @param warp moves the chain's time to a second, where that may be done
   * @throws ProposalUnknown, ProposalNotReady
   */
  async ready(id: string, doing: VoteStep, warp?: (to: bigint) => Promise<void>): Promise<Proposal> {
    const proposal = await this.proposal(id);
    const from = possibleFrom(proposal, doing);
    if (from <= proposal.now) return proposal;
    if (!warp) {
      const hint = `it can be from ${isoOf(from)} on, in ${duration(from - proposal.now)}; on a local chain --warp goes there`;
      throw new ProposalNotReady(doing, proposal.state, hint);
    }
    await warp(from);
    return this.ready(id, doing);
  }

  /** What its log says; ids are not indexed, so whether there is one at all is asked before the logs are read. */
  async #find(at: Block, id: string): Promise<Creation> {
    const [snapshot] = BigInt(id) < 1n << 256n ? await readAll(this.#rpc, at, [this.#view("proposalSnapshot", [id])]) : [];
    if (!snapshot || snapshot[0] === 0n) throw new ProposalUnknown(id);
    const known = this.#created.get(id);
    if (known) return known;
    for await (const created of this.#creations(at)) if (created.id === id) return created;
    throw new ProposalUnknown(id);
  }

  async *#creations({ number }: Block): AsyncGenerator<Creation> {
    const filter = { address: this.#contracts.MintGovernor.address, topics: [governorAbi.getEvent("ProposalCreated")?.topicHash] };
    for await (const { logs } of logPieces<RawLog>(this.#rpc, filter, this.#from, number)) {
      for (const log of logs) {
        const created = creationOf(log);
        this.#created.set(created.id, created);
        yield created;
      }
    }
  }

  /** All of them under one block, in as few requests as `readAll` makes of so many views. */
  async #read(at: Block, created: readonly Creation[]): Promise<Proposal[]> {
    const about = ["state", "proposalSnapshot", "proposalDeadline", "proposalEta", "proposalVotes"];
    const views = created.flatMap(({ id }) => about.map((name) => this.#view(name, [id])));
    const [quorum, majority, ...answers] = await readAll(this.#rpc, at, [this.#view("QUORUM"), this.#view("MAJORITY_BPS"), ...views]);
    return created.map((each, i) => {
      const [state, snapshot, deadline, eta, votes] = answers.slice(i * about.length, (i + 1) * about.length);
      return {
        ...each,
        now: at.timestamp,
        state: proposalStates[Number(state?.[0])] ?? "Unknown",
        ...{ snapshot: snapshot?.[0] as bigint, deadline: deadline?.[0] as bigint, eta: eta?.[0] as bigint },
        ...{ against: votes?.[0] as bigint, inFavour: votes?.[1] as bigint, abstained: votes?.[2] as bigint },
        ...{ quorum: quorum?.[0] as bigint, majorityBps: majority?.[0] as bigint },
      };
    });
  }

  #passed(name: "queue" | "execute", { calls, descriptionHash }: Proposal): string {
    return governorAbi.encodeFunctionData(name, [...partsOf(calls), descriptionHash]);
  }

  #call(data: string): Call {
    return { to: this.#contracts.MintGovernor.address, data };
  }

  #view(name: string, args: readonly unknown[] = []): View {
    return { to: this.#contracts.MintGovernor.address, abi: governorAbi, name, args };
  }
}

const proposing = ({ calls, description }: Motion): string => governorAbi.encodeFunctionData("propose", [...partsOf(calls), description]);

/** Whether the proposal can still be executed one day. */
export const isOpen = ({ state }: Pick<Proposal, "state">): boolean =>
  state === "Pending" || state === "Active" || state === "Succeeded" || state === "Queued";

/** The first second at which the step is possible, as far as can be known. @throws ProposalNotReady where it never is */
export function possibleFrom({ state, now, snapshot, deadline, eta }: Proposal, doing: VoteStep): bigint {
  if (doing === "voted on" && (state === "Pending" || state === "Active")) return state === "Active" ? now : snapshot + 1n;
  if (doing === "queued" && (state === "Pending" || state === "Active")) return deadline + 1n;
  if (doing === "queued" && state === "Succeeded") return now;
  if (doing === "executed" && state === "Queued") return eta;
  const hint =
    doing === "executed" && state === "Succeeded"
      ? "queue it first: npx hardhat gov:queue"
      : "npx hardhat gov:show tells what became of it";
  throw new ProposalNotReady(doing, state, hint);
}

/** Moves a local chain's time to `to`, in Unix seconds, and mines a block there. @throws RpcRefused where the node cannot */
export async function warpTo(rpc: Rpc, to: bigint): Promise<void> {
  for (let now = (await newestBlock(rpc)).timestamp; now < to; now = (await newestBlock(rpc)).timestamp) {
    await rpc.request("evm_increaseTime", [toQuantity(to - now)]);
    await rpc.request("evm_mine", []);
  }
}

/** Seconds as days, hours and minutes, e.g. 6 d 3 h. */
export function duration(seconds: bigint): string {
  if (seconds < 60n) return `${seconds} s`;
  const parts = [
    [seconds / 86_400n, "d"],
    [(seconds / 3_600n) % 24n, "h"],
    [(seconds / 60n) % 60n, "min"],
  ] as const;
  return parts
    .filter(([value]) => value > 0n)
    .slice(0, 2)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** An amount of the stake, of 18 decimals, in whole ones. */
export const stakeWords = (amount: bigint): string => formatUnits(amount, 18).replace(/\.0$/, "");
