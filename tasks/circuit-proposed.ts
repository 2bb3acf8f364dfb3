import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { circuitNamedBy, proposedClaim, registrationOf, registrationsIn, sourcesComparisons } from "../scripts/circuits/proposed.ts";
import type { ClaimedCircuit, Comparison } from "../scripts/circuits/verify.ts";
import { castContracts } from "../src/chain/index.ts";
import { mostText } from "../src/foreign-text.ts";
import { callWords } from "./call-words.ts";
import { voteOf } from "./gov-context.ts";
import { contractsOf } from "./governed-calls.ts";
import type { NamedCircuit, PriceContext } from "./price-context.ts";

/** A call of the proposal besides the registration. */
interface OtherCall {
  /** Which of the proposal's calls, from 1. */
  readonly call: number;
  readonly to: string;
  /** Null where it is not known what it does. */
  readonly words: string | null;
  /** Whether the circuit that it names or registers is the one that is verified; null where it names none. */
  readonly ofThisCircuit: boolean | null;
}

/** A circuit as a proposal would have it. */
export interface ProposalOfCircuit {
  readonly id: string;
  readonly state: string;
  /** The call that registers the circuit, from 1. */
  readonly call: number;
  readonly others: readonly OtherCall[];
}

/** The circuit that is compared. */
export interface Subject {
  readonly claimed: ClaimedCircuit;
  /** Sources that a proposal sets for it, where some are expected. */
  readonly sources: readonly Comparison[];
  /** Undefined where the circuit is registered. */
  readonly proposal: ProposalOfCircuit | undefined;
}

/** @param r1cs digest of the named circuit's constraint system, as it was compiled here */
export type SubjectOf = (r1cs: string) => Promise<Subject>;

interface ProposalWanted {
  readonly id: string;
  /** Of the sources that the proposal should set; undefined where none are expected. */
  readonly root: bigint | undefined;
}

/**
 * Reads the proposal; which of its circuits is the named one is known when that was compiled.
 * @throws ProposalUnknown, CircuitNotProposed; ProposedCircuitUnclear from what it returns
 */
export async function ofProposal(
  hre: HardhatRuntimeEnvironment,
  { context, deployment, prices, address }: PriceContext,
  { name }: NamedCircuit,
  { id, root }: ProposalWanted,
): Promise<SubjectOf> {
  const { calls, state } = await voteOf({ context, deployment, contracts: castContracts(deployment) }).proposal(id);
  const called = { abi: prices.interface, address };
  const registrations = registrationsIn(called, { id, calls });
  const contracts = await contractsOf(hre, deployment);
  return async (r1cs) => {
    const registration = registrationOf(registrations, name, r1cs);
    const claimed = await proposedClaim(context.rpc, prices, registration);
    const others = calls.flatMap((call, i): OtherCall[] => {
      const place = i + 1;
      if (place === registration.call) return [];
      const named = circuitNamedBy(called, call);
      const registersAnother = registrations.some((each) => each.call === place);
      const ofThisCircuit = registersAnother ? false : named === undefined ? null : named === claimed.id;
      return [{ call: place, to: call.to, words: callWords(contracts, call, mostText) ?? null, ofThisCircuit }];
    });
    return {
      claimed,
      sources: root === undefined ? [] : sourcesComparisons(called, calls, { circuitId: claimed.id, root }),
      proposal: { id, state, call: registration.call, others },
    };
  };
}

/** What a voter should know besides: why the code will be the same, and that one circuit is not all of the proposal. */
export function voterWords({ id, others }: ProposalOfCircuit): string[] {
  const lines = others.map(({ call, to, words, ofThisCircuit }) => {
    const whose = ofThisCircuit === null ? "" : ofThisCircuit ? " [this circuit]" : " [ANOTHER circuit]";
    return `${call}. ${words ?? `a call of ${to} that is not known`}${whose}`;
  });
  return [
    "the verifier's code is hashed when the proposal is executed; code that was made from the key cannot change until then",
    ...(lines.length === 0 ? [] : ["what else it calls, compared only where the table says so:", ...lines]),
    `all of the proposal: npx hardhat gov:show ${id}`,
  ];
}
