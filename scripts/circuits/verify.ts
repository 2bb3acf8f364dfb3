import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Rpc } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";
import { isDevelopmentKey, readKey } from "../../src/price/prove/index.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { checkWhole, sourcesOf } from "../ceremony/setup.ts";
import { checkFolder, files, sha256 } from "../ceremony/transcript.ts";
import { compileVerifier } from "../verifier/compile.ts";
import { codeHashAt } from "../deployment/code-hash.ts";
import { artifactsIn, type CircuitArtifacts, sourcesDigest } from "./artifacts.ts";
import { type Circuit, compileAnew } from "./compile.ts";

/** One thing that was compared. */
export interface Comparison {
  readonly what: string;
  readonly matches: boolean;
  /** As it is registered, or would be. */
  readonly registered: string;
  readonly found: string;
}

interface Judged {
  readonly comparisons: readonly Comparison[];
  readonly development: boolean;
}

/** Whether a circuit is what it is said to be and its key may be used here: one whose secret is known, on local chains alone. */
export function isSound({ comparisons, development }: Judged, local: boolean): boolean {
  return comparisons.every(({ matches }) => matches) && (local || !development);
}

const statuses = ["unknown", "pending", "active", "deprecated", "frozen"] as const;

/** What the registry says of a circuit, or a proposal that would register it. */
export interface ClaimedCircuit {
  readonly id: string;
  readonly status: (typeof statuses)[number] | "proposed";
  readonly artifacts: CircuitArtifacts;
  readonly verifier: string;
  /** keccak256 of the verifier's code: as it is registered, or as it is on the chain now, which registering would take. */
  readonly codeHash: string;
}

/** A circuit as the registry has it. */
export async function registeredClaim(prices: IProvenPrices, id: string): Promise<ClaimedCircuit> {
  const { artifacts, verifier, verifierCodeHash: codeHash, status } = await prices.circuit(id);
  return { id, status: statuses[Number(status)] ?? "unknown", artifacts, verifier, codeHash };
}

export interface CircuitToMake {
  readonly circuit: Circuit;
  /** Of the ceremony that is said to be the circuit's. */
  readonly folder: string;
  /** The file of the public powers of tau; without it a key of a ceremony is not sound: what its transcript says is no proof. */
  readonly powers: string | undefined;
}

/** A circuit made again: digests as `CircuitArtifacts` has them. */
export interface MadeCircuit {
  readonly sources: string;
  readonly r1cs: string;
  readonly wasm: string;
  /** What the ceremony's folder holds. */
  readonly held: CircuitArtifacts;
  /** `whole`, or why the folder is no whole ceremony. */
  readonly ceremony: string;
  /** keccak256 of the code of the verifier made from the key, or why none can be. */
  readonly codeHash: string;
  /** Whether the key's secret is known to everybody. */
  readonly development: boolean;
  /** See `keyOrigin`; undefined for a development key. */
  readonly origin: string | undefined;
}

/**
 * Makes everything of a circuit again from its sources here and a ceremony's folder. Nothing that was kept from a former
 * compilation is believed.
 * @throws CircuitNotCompiled, UnreadableKey
 */
export async function makeAnew({ circuit, folder, powers }: CircuitToMake): Promise<MadeCircuit> {
  const sources = sourcesOf(circuit);
  const compiled = await compileAnew(circuit, ({ r1cs, wasm }) => ({ r1cs: digestOf(r1cs), wasm: digestOf(wasm) }));
  const development = isDevelopmentKey(readKey(readFileSync(join(folder, files.provingKey))).verifyingKey);
  return {
    ...compiled,
    sources: sourcesDigest(sources),
    held: artifactsIn(folder, sources),
    ceremony: transcriptState(folder),
    codeHash: verifierCode(readFileSync(join(folder, files.verifyingKey), "utf8")),
    development,
    origin: development ? undefined : await keyOrigin(folder, powers),
  };
}

/**
 * Compares a circuit that was made again with what is said of it and with the code on the chain.
 * @param cid digest of the CID that it is said to be published under; without it that of the folder's manifest
 */
export async function compareCircuit(rpc: Rpc, made: MadeCircuit, claimed: ClaimedCircuit, cid?: string): Promise<Comparison[]> {
  const { held, ceremony, origin } = made;
  const said = claimed.artifacts;
  return [
    compare("sources", said.sources, made.sources),
    compare("constraint system, compiled from source", said.r1cs, made.r1cs),
    compare("witness program, compiled from source", said.wasm, made.wasm),
    compare("constraint system of the ceremony", said.r1cs, held.r1cs),
    compare("witness program of the ceremony", said.wasm, held.wasm),
    compare("verifying key", said.verifyingKey, held.verifyingKey),
    compare("transcript", said.transcript, held.transcript),
    cid === undefined
      ? compare("manifest of the ceremony's files", said.cid, held.cid)
      : compare("CID that it is published under", said.cid, cid),
    compare("ceremony, by its transcript", "whole", ceremony),
    ...(await codeComparisons(rpc, claimed, made.codeHash)),
    ...(origin === undefined ? [] : [compare("key, against constraint system and powers of tau", fromPowers, origin)]),
  ];
}

/** A row of the comparison. */
export const compare = (what: string, registered: string, found: string): Comparison => ({
  ...{ what, matches: registered === found, registered, found },
});

/**
 * A proposal names an address alone, whose code is hashed when it is executed. The code there now says what will be: what the
 * template makes has no instruction that ends it or lends its place to other code, and an account that has code gets no other.
 */
async function codeComparisons(rpc: Rpc, { status, verifier, codeHash }: ClaimedCircuit, made: string): Promise<Comparison[]> {
  if (status === "proposed") return [compare("verifier's code on the chain, made from the key", codeHash, made)];
  return [
    compare("verifier's code, made from the key", codeHash, made),
    compare("verifier's code on the chain", codeHash, await codeHashAt(rpc, verifier)),
  ];
}

const fromPowers = "made from them alone";

/** `fromPowers`, or why it is not known that the key is. */
export async function keyOrigin(folder: string, powers: string | undefined): Promise<string> {
  if (powers === undefined) return "not checked: give the file of the powers with --powers";
  try {
    await checkWhole(folder, powers);
    return fromPowers;
  } catch (error) {
    if (error instanceof MintdError) return error.message;
    throw error;
  }
}

const digestOf = (file: string): string => `0x${sha256(readFileSync(file))}`;

/** A key that no verifier can be made of differs; the row says why. */
function verifierCode(keyText: string): string {
  return orReason(() => compileVerifier(keyText).codeHash);
}

function transcriptState(folder: string): string {
  return orReason(() => {
    checkFolder(folder);
    return "whole";
  });
}

function orReason(found: () => string): string {
  try {
    return found();
  } catch (error) {
    if (error instanceof MintdError) return error.message;
    throw error;
  }
}
