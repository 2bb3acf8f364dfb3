import { ZeroAddress } from "ethers";
import type { Account, Call, Motion, Proposal, Vote } from "../../src/cast/index.ts";
import { describedBy, isOpen } from "../../src/cast/index.ts";
import type { RegisteredCircuit, Rpc } from "../../src/chain/index.ts";
import { assertQuorumFits } from "../../src/price/index.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { accessTo, RoleMissing } from "../deployment/access.ts";
import { isSame } from "../deployment/role-logs.ts";
import { type Missing, missingOf, type MissingStep, type Registration, verifierNamedIn } from "./missing.ts";
import { assertNoRival } from "./rivals.ts";
import { termsFrom } from "./terms.ts";

/** Where circuits are registered: the contract, and the AccessManager that says who may. */
export interface Registry {
  readonly prices: IProvenPrices;
  readonly manager: string;
}

export interface Registered {
  readonly circuit: RegisteredCircuit;
  /** What was sent, in words; nothing where all of it was done before. */
  readonly done: readonly string[];
}

/**
 * Brings a circuit to where its proofs of an asset's price are accepted: verifier, registry, terms, sources. What is there
 * already is left alone; killed in the middle it goes on, at most with a verifier that nobody uses.
 *
 * Race: governance may change the asset's terms meanwhile. Mitigation: the quorum is looked at again just before the sources
 * are set. What remains: a change right after it; who proves looks again.
 * @throws RoleMissing, QuorumDoesNotFit, TermsHeld, CircuitRetired, InvalidVerifyingKey, VerifierNotCompiled before anything is sent
 * @throws ContractRefused
 */
export async function registerCircuit(account: Account, registry: Registry, registration: Registration): Promise<Registered> {
  const { prices } = registry;
  await account.settle(); // before the chain is read
  const missing = await missingOf(prices, registration);
  await assertMayMake(account.rpc, registry, account.address, missing.steps(ZeroAddress), howToPropose);
  const to = await prices.getAddress();
  const done: string[] = [];
  const verifier = missing.verifier ?? (await deployVerifier(account, missing, done));
  for (const { name, words, data } of missing.steps(verifier)) {
    if (name === "setSources") await assertQuorumStillFits(prices, registration);
    await account.send({ to, data }, words, { anew: true });
    done.push(words);
  }
  return { circuit: circuitOf(missing, verifier, registration), done };
}

/** What became of a registration by a vote. */
export type ProposedCircuit =
  /** Everything is there already. */
  | { readonly kind: "registered"; readonly circuit: RegisteredCircuit }
  | {
      readonly kind: "proposed";
      readonly circuitId: string;
      readonly proposalId: string;
      /** What was sent now; nothing where the same is under way already. */
      readonly done: readonly string[];
      /** How many calls it has. */
      readonly calls: number;
      /** How many of them were tried before it was proposed; undefined where it was proposed before. */
      readonly tried: number | undefined;
      /** Somebody else's proposal of the same calls, beside which it was proposed. */
      readonly beside: Proposal | undefined;
    };

/**
 * Proposes what is missing, all of it as one proposal; the account deploys the verifier, as anybody may. What stands already
 * (`standing`) is not proposed again, and a verifier that others deployed is taken.
 *
 * Race: what is missing may change while it is voted on. A circuit that is registered meanwhile makes the execution revert as a
 * whole; terms and sources are overwritten. Mitigation: what another open proposal does to the asset must go with it.
 * What remains: a proposal that is made, or terms that are set, after this one; who proves looks at the quorum again.
 * @param name the circuit's, for the proposal's words
 * @throws ProposalsClash, RoleMissing, ContractRefused, and as `registerCircuit`, before anything is sent
 */
export async function proposeCircuit(
  account: Account,
  { vote, timelock, ...registry }: Registry & { readonly vote: Vote; readonly timelock: string },
  registration: Registration,
  { name, reason }: { readonly name: string; readonly reason: string },
): Promise<ProposedCircuit> {
  const { rpc } = account;
  const { prices } = registry;
  const missing = await missingOf(prices, registration);
  const { circuitId } = missing;
  const wanted = missing.steps(ZeroAddress);
  if (missing.verifier !== undefined && wanted.length === 0) {
    return { kind: "registered", circuit: circuitOf(missing, missing.verifier, registration) };
  }
  await assertMayMake(rpc, registry, timelock, wanted, "a vote cannot do it either: see npx hardhat roles:show");
  const to = await prices.getAddress();
  const words = `Let circuit ${name} (${circuitId}) prove asset ${registration.assetId}: ${wanted.map((step) => step.name).join(", ")}`;
  const motionOf = (verifier: string): Motion => ({
    calls: missing.steps(verifier).map(({ data }) => ({ to, data })),
    description: describedBy(words, reason),
  });
  const proposals = (await vote.proposals()).reverse();
  const registrations = proposals.flatMap(({ calls }) => calls);
  const present = missing.verifier ?? (await verifierNamedIn(rpc, prices, missing.codeHash, registrations));
  const proposed = { kind: "proposed", circuitId, calls: wanted.length } as const;
  const same = present === undefined ? [] : sameAs(proposals, motionOf(present).calls);
  const stands = standing(same, account.address);
  if (stands) return { ...proposed, proposalId: stands.id, done: [], tried: undefined, beside: undefined };
  assertNoRival({ abi: prices.interface, address: to }, proposals, { ...registration, circuitId, terms: missing.terms });
  await vote.assertProposable(account.address, motionOf(present ?? ZeroAddress));
  const done: string[] = [];
  const { id, tried } = await vote.propose(account, motionOf(present ?? (await deployVerifier(account, missing, done))));
  return { ...proposed, proposalId: id, done: [...done, "proposed"], tried, beside: same[0] };
}

const howToPropose =
  "propose it with --propose, to be voted on; or run it with the key that has the role, as npx hardhat roles:show names it";

/** @throws RoleMissing where one of the steps may not be made at once */
async function assertMayMake(
  rpc: Rpc,
  { prices, manager }: Registry,
  caller: string,
  steps: readonly MissingStep[],
  hint: string,
): Promise<void> {
  const selectors = steps.map(({ data }) => data.slice(0, 10));
  const access = await accessTo(rpc, manager, caller, await prices.getAddress(), selectors);
  const refused = steps.filter((_, i) => access[i]?.immediate !== true);
  if (refused.length > 0) throw new RoleMissing(caller, `call ${refused.map(({ name }) => name).join(", ")} of ProvenPrices`, hint);
}

async function deployVerifier(account: Account, { bytecode }: Missing, done: string[]): Promise<string> {
  const verifier = await account.deploy(bytecode);
  done.push("verifier deployed");
  return verifier;
}

async function assertQuorumStillFits(prices: IProvenPrices, { assetId, size }: Registration): Promise<void> {
  assertQuorumFits(assetId, termsFrom(await prices.termsOf(assetId)).quorum, size);
}

/** Proposals of just these calls, ether included, that can still be executed: with a wei more each they would only fail. */
export const sameAs = (proposals: readonly Proposal[], calls: readonly Call[]): Proposal[] =>
  proposals.filter((each) => isOpen(each) && contentOf(each.calls) === contentOf(calls));

/**
 * The one of them that makes another needless: the account's own, or one whose proposer cannot cancel it any more. While it is
 * pending somebody else's may be a copy that was made to be cancelled, and does not stand in the way, as its id is another.
 */
export const standing = (same: readonly Proposal[], account: string): Proposal | undefined =>
  same.find(({ proposer }) => isSame(proposer, account)) ?? same.find(({ state }) => state !== "Pending");

const contentOf = (calls: readonly Call[]): string =>
  calls.map(({ to, data, value = 0n }) => `${to} ${data} ${value}`.toLowerCase()).join(" ");

const circuitOf = ({ circuitId }: Missing, verifier: string, { setup }: Registration): RegisteredCircuit => ({
  ...{ id: circuitId, verifier, verifyingKey: setup.transcript.verifyingKey },
});
