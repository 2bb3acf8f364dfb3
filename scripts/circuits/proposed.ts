import type { Call, Proposal } from "../../src/cast/index.ts";
import type { Rpc } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { codeHashAt } from "../deployment/code-hash.ts";
import { assetCallsIn } from "./asset-calls.ts";
import type { CircuitArtifacts } from "./artifacts.ts";
import { pricesCall, type PricesCalled } from "./prices-call.ts";
import { type ClaimedCircuit, compare, type Comparison } from "./verify.ts";

/** A circuit that a proposal would register. */
export interface ProposedRegistration {
  /** Which of the proposal's calls it is, from 1. */
  readonly call: number;
  readonly artifacts: CircuitArtifacts;
  readonly verifier: string;
}

/** Nothing that the proposal calls of ProvenPrices registers a circuit. */
export class CircuitNotProposed extends MintdError {
  readonly code = "CIRCUIT_NOT_PROPOSED";
  constructor(id: string) {
    super(`none of the calls of proposal ${id} is ProvenPrices.register: it registers no circuit`, {
      hint: "see what it calls with npx hardhat gov:show and its id; leave --proposal out to verify a circuit that is registered",
    });
  }
}

/** The proposal registers several circuits, and not just one of them is the named one. */
export class ProposedCircuitUnclear extends MintdError {
  readonly code = "PROPOSED_CIRCUIT_UNCLEAR";
  constructor(name: string, r1cs: string, registrations: readonly ProposedRegistration[]) {
    const fitting = registrations.filter(({ artifacts }) => artifacts.r1cs === r1cs).length;
    const found = registrations.map(
      ({ call, artifacts, verifier }) => `call ${call} has the constraint system ${artifacts.r1cs} and the verifier ${verifier}`,
    );
    const problem = `${fitting === 0 ? "none" : fitting} of the ${registrations.length} circuits that it registers has that of ${name}, which is ${r1cs}`;
    super(`${problem}: ${found.join("; ")}`, {
      hint: fitting === 0 ? "name the circuit that is meant with --circuit" : "do not vote for it: have each circuit proposed on its own",
    });
  }
}

/**
 * The circuits that calls of ProvenPrices itself register, in their order; the same twice is one. What other contracts would be
 * told to call is not looked at. Pure.
 * @throws CircuitNotProposed
 */
export function registrationsIn(prices: PricesCalled, { id, calls }: Pick<Proposal, "id" | "calls">): ProposedRegistration[] {
  const found = calls.flatMap((call, i) => registrationIn(prices, call, i + 1));
  const once = found.filter((each, i) => found.findIndex((other) => isSameRegistration(each, other)) === i);
  if (once.length === 0) throw new CircuitNotProposed(id);
  return once;
}

/**
 * The one that is compared: the only one, whatever it is, or of several the one with the named circuit's constraint system; the
 * sources' digest is the same for all circuits. Pure.
 * @param r1cs digest of the constraint system of the named circuit, as it was compiled here
 * @throws ProposedCircuitUnclear
 */
export function registrationOf(registrations: readonly ProposedRegistration[], name: string, r1cs: string): ProposedRegistration {
  const meant = registrations.length === 1 ? registrations : registrations.filter(({ artifacts }) => artifacts.r1cs === r1cs);
  const [one, another] = meant;
  if (!one || another) throw new ProposedCircuitUnclear(name, r1cs, registrations);
  return one;
}

/** What the registry would say of it, if it were registered now. */
export async function proposedClaim(
  rpc: Rpc,
  prices: IProvenPrices,
  { artifacts, verifier }: ProposedRegistration,
): Promise<ClaimedCircuit> {
  const codeHash = await codeHashAt(rpc, verifier);
  return { id: await prices.computeCircuitId(artifacts, codeHash), status: "proposed", artifacts, verifier, codeHash };
}

/** Id of the circuit that a call of ProvenPrices names, to activate it or to set its sources; undefined where it names none. Pure. */
export function circuitNamedBy(prices: PricesCalled, call: Call): string | undefined {
  const parsed = pricesCall(prices, call);
  const at = parsed?.fragment.inputs.findIndex(({ name, type }) => name === "circuitId" && type === "bytes32") ?? -1;
  return at < 0 ? undefined : (parsed?.args[at] as string);
}

/** Every root of sources that the calls set for the circuit, compared with the one that is expected. Pure. */
export function sourcesComparisons(
  prices: PricesCalled,
  calls: readonly Call[],
  { circuitId, root }: { readonly circuitId: string; readonly root: bigint },
): Comparison[] {
  const set = assetCallsIn(prices, calls).flatMap((call) => (call.name === "setSources" && call.circuitId === circuitId ? [call] : []));
  if (set.length === 0) return [compare("sources' root", "not set by the proposal", root.toString())];
  return set.map((call) => compare(`sources' root, asset ${call.assetId}`, call.root.toString(), root.toString()));
}

function registrationIn(prices: PricesCalled, call: Call, place: number): ProposedRegistration[] {
  const parsed = pricesCall(prices, call);
  if (parsed?.name !== "register") return [];
  const [said, verifier] = parsed.args as unknown as [CircuitArtifacts, string];
  const { r1cs, wasm, verifyingKey, transcript, sources, cid } = said;
  return [{ call: place, artifacts: { r1cs, wasm, verifyingKey, transcript, sources, cid }, verifier }];
}

const isSameRegistration = (one: ProposedRegistration, other: ProposedRegistration): boolean =>
  JSON.stringify({ ...one, call: 0 }) === JSON.stringify({ ...other, call: 0 });
