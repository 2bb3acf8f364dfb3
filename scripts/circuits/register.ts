import { readFileSync } from "node:fs";
import type { Account } from "../../src/cast/index.ts";
import type { RegisteredCircuit } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import type { Setup } from "../ceremony/setup.ts";
import { compileVerifier } from "../verifier/compile.ts";
import { artifactsIn } from "./artifacts.ts";
import { assertQuorumFits } from "../../src/price/index.ts";
import { termsFrom, termsToSet, type TermsWanted } from "./terms.ts";

export interface Registration extends TermsWanted {
  readonly setup: Setup;
  /** Of the sources that are accepted for the asset. */
  readonly sourcesRoot: bigint;
  /** Digest of the CID under which everything is published, as 0x and 64 digits; without it that of the folder's manifest. */
  readonly cid?: string | undefined;
}

export interface Registered {
  readonly circuit: RegisteredCircuit;
  /** What was sent, in words; nothing where all of it was done before. */
  readonly done: readonly string[];
}

/** A circuit's life only moves on: it is deprecated or frozen. */
export class CircuitRetired extends MintdError {
  readonly code = "CIRCUIT_RETIRED";
  constructor(circuitId: string) {
    super(`circuit ${circuitId} is deprecated or frozen, and stays so`, {
      hint: "register a circuit with another key: npm run ceremony -- new",
    });
  }
}

/** The contract's CircuitStatus. */
const status = { unknown: 0n, pending: 1n, active: 2n } as const;

/**
 * Brings a circuit to where its proofs of an asset's price are accepted: verifier, registry, terms, sources. What is there
 * already is left alone; killed in the middle it goes on, at most with a verifier that nobody uses.
 *
 * Race: governance may change the asset's terms meanwhile. Mitigation: the quorum is looked at again just before the sources
 * are set. What remains: a change right after it; who proves looks again.
 * @throws QuorumDoesNotFit, TermsHeld before anything is sent
 * @throws InvalidVerifyingKey, VerifierNotCompiled, CircuitRetired, ContractRefused
 */
export async function registerCircuit(
  account: Account,
  prices: IProvenPrices,
  { setup, sourcesRoot, cid, ...wanted }: Registration,
): Promise<Registered> {
  const { assetId } = wanted;
  const terms = termsToSet(termsFrom(await prices.termsOf(assetId)), wanted);
  const done: string[] = [];
  const to = await prices.getAddress();
  const send = async (words: string, name: string, ...args: unknown[]): Promise<void> => {
    await account.send({ to, data: prices.interface.encodeFunctionData(name as never, args as never) });
    done.push(words);
  };
  const { bytecode, codeHash } = compileVerifier(readFileSync(setup.verifyingKey, "utf8"));
  const artifacts = { ...artifactsIn(setup.folder, setup.transcript.sources), ...(cid !== undefined && { cid }) };
  const id = await prices.computeCircuitId(artifacts, codeHash);
  if ((await prices.circuit(id)).status === status.unknown) {
    const verifier = await account.deploy(bytecode);
    done.push("verifier deployed");
    await send("circuit registered", "register", artifacts, verifier);
  }
  const known = await prices.circuit(id);
  if (known.status > status.active) throw new CircuitRetired(id);
  if (known.status === status.pending) await send("circuit activated", "activate", id);
  if (terms) await send("terms set", "setTerms", assetId, terms);
  if ((await prices.sourcesRoot(assetId, id)) !== sourcesRoot) {
    assertQuorumFits(assetId, termsFrom(await prices.termsOf(assetId)).quorum, wanted.size);
    await send("sources set", "setSources", assetId, id, sourcesRoot);
  }
  return { circuit: { id, verifier: known.verifier, verifyingKey: setup.transcript.verifyingKey }, done };
}
