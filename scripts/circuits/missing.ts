import { readFileSync } from "node:fs";
import type { Call } from "../../src/cast/index.ts";
import type { Rpc } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";
import { assertQuorumFits } from "../../src/price/index.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import type { Setup } from "../ceremony/setup.ts";
import { codeHashAt } from "../deployment/code-hash.ts";
import { compileVerifier } from "../verifier/compile.ts";
import { artifactsIn, type CircuitArtifacts } from "./artifacts.ts";
import { pricesCall } from "./prices-call.ts";
import { isRetired, status } from "./status.ts";
import { type PriceTerms, termsFrom, termsToSet, type TermsWanted } from "./terms.ts";

export interface Registration extends TermsWanted {
  readonly setup: Setup;
  /** Of the sources that are accepted for the asset. */
  readonly sourcesRoot: bigint;
  /** Digest of the CID under which everything is published, as 0x and 64 digits; without it that of the folder's manifest. */
  readonly cid?: string | undefined;
}

/** See `isRetired`. */
export class CircuitRetired extends MintdError {
  readonly code = "CIRCUIT_RETIRED";
  constructor(circuitId: string) {
    super(`circuit ${circuitId} is deprecated or frozen, and stays so`, {
      hint: "register a circuit with another key: npm run ceremony -- new",
    });
  }
}

/** One call of ProvenPrices that is still to be made; the governor's role may make it. */
export interface MissingStep {
  readonly name: "register" | "activate" | "setTerms" | "setSources";
  /** What it will have done. */
  readonly words: string;
  readonly data: string;
}

/** What a registration lacks, as of when it was read. */
export interface Missing {
  /** Known before anything is sent: it commits to the artifacts and the verifier's code, not to where the verifier is. */
  readonly circuitId: string;
  readonly artifacts: CircuitArtifacts;
  readonly bytecode: string;
  readonly codeHash: string;
  /** The registered one; undefined where the circuit is still to be registered. */
  readonly verifier: string | undefined;
  /** Those that are to be set. */
  readonly terms: PriceTerms | undefined;
  /** In their order, for a verifier at this address. */
  steps(verifier: string): MissingStep[];
}

/**
 * What is missing until proofs of a circuit are accepted for an asset. Nothing is sent.
 * @throws QuorumDoesNotFit, TermsHeld, CircuitRetired, InvalidVerifyingKey, VerifierNotCompiled
 */
export async function missingOf(prices: IProvenPrices, { setup, sourcesRoot, cid, ...wanted }: Registration): Promise<Missing> {
  const { assetId, size } = wanted;
  const held = termsFrom(await prices.termsOf(assetId));
  const terms = termsToSet(held, wanted);
  assertQuorumFits(assetId, (terms ?? held).quorum, size);
  const { bytecode, codeHash } = compileVerifier(readFileSync(setup.verifyingKey, "utf8"));
  const artifacts = { ...artifactsIn(setup.folder, setup.transcript.sources), ...(cid !== undefined && { cid }) };
  const circuitId = await prices.computeCircuitId(artifacts, codeHash);
  const known = await prices.circuit(circuitId);
  if (isRetired(known.status)) throw new CircuitRetired(circuitId);
  const hasSources = (await prices.sourcesRoot(assetId, circuitId)) === sourcesRoot;
  const { interface: abi } = prices;
  const steps = (verifier: string): MissingStep[] => [
    ...(known.status === status.unknown
      ? [{ name: "register" as const, words: "circuit registered", data: abi.encodeFunctionData("register", [artifacts, verifier]) }]
      : []),
    ...(known.status < status.active
      ? [{ name: "activate" as const, words: "circuit activated", data: abi.encodeFunctionData("activate", [circuitId]) }]
      : []),
    ...(terms ? [{ name: "setTerms" as const, words: "terms set", data: abi.encodeFunctionData("setTerms", [assetId, terms]) }] : []),
    ...(hasSources
      ? []
      : [
          {
            name: "setSources" as const,
            words: "sources set",
            data: abi.encodeFunctionData("setSources", [assetId, circuitId, sourcesRoot]),
          },
        ]),
  ];
  return {
    ...{ circuitId, artifacts, bytecode, codeHash, terms, steps },
    verifier: known.status === status.unknown ? undefined : known.verifier,
  };
}

/**
 * The address of a verifier with this code that one of the calls registers; undefined where none does. Whoever wrote the calls:
 * code that is the same does the same.
 */
export async function verifierNamedIn(
  rpc: Rpc,
  prices: IProvenPrices,
  codeHash: string,
  calls: readonly Call[],
): Promise<string | undefined> {
  const called = { abi: prices.interface, address: await prices.getAddress() };
  for (const call of calls) {
    const registration = pricesCall(called, call);
    if (registration?.name !== "register") continue;
    const verifier = String(registration.args[1]);
    if ((await codeHashAt(rpc, verifier)) === codeHash) return verifier;
  }
  return undefined;
}
