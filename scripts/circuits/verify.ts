import { readFileSync } from "node:fs";
import { join } from "node:path";
import { keccak256 } from "ethers";
import type { Rpc } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";
import { isDevelopmentKey, readKey } from "../../src/price/prove/index.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { checkWhole, sourcesOf } from "../ceremony/setup.ts";
import { checkFolder, files, sha256 } from "../ceremony/transcript.ts";
import { compileVerifier } from "../verifier/compile.ts";
import { artifactsIn, sourcesDigest } from "./artifacts.ts";
import { type Circuit, compileAnew } from "./compile.ts";

/** One thing that was compared. */
export interface Comparison {
  readonly what: string;
  readonly matches: boolean;
  readonly registered: string;
  readonly found: string;
}

export interface CircuitComparison {
  /** Digest of the CID under which the circuit is said to be published, as it is registered. */
  readonly cid: string;
  /** Whether the key's secret is known to everybody. */
  readonly development: boolean;
  readonly status: string;
  readonly comparisons: readonly Comparison[];
}

/** Whether a circuit is what was registered and its key may be used here: one whose secret is known, on local chains alone. */
export function isSound({ comparisons, development }: Pick<CircuitComparison, "comparisons" | "development">, local: boolean): boolean {
  return comparisons.every(({ matches }) => matches) && (local || !development);
}

const statuses = ["unknown", "pending", "active", "deprecated", "frozen"] as const;

export interface CircuitToVerify {
  readonly circuit: Circuit;
  readonly id: string;
  /** Of the ceremony that is said to be the registered one's. */
  readonly folder: string;
  /** The file of the public powers of tau; without it a key of a ceremony is not sound: what its transcript says is no proof. */
  readonly powers?: string;
  /** Digest of the CID that it is said to be published under; without it that of the folder's manifest. */
  readonly cid?: string | undefined;
}

/**
 * Makes everything of a registered circuit again from its sources here and a ceremony's folder, and compares it with the registry
 * and with the code on the chain. Nothing that was kept from a former compilation is believed.
 * @throws CircuitNotCompiled, UnreadableKey
 */
export async function compareCircuit(
  rpc: Rpc,
  prices: IProvenPrices,
  { circuit, id, folder, powers, cid }: CircuitToVerify,
): Promise<CircuitComparison> {
  const { artifacts: registered, verifier, verifierCodeHash, status } = await prices.circuit(id);
  const sources = sourcesOf(circuit);
  const compiled = await compileAnew(circuit, ({ r1cs, wasm }) => ({ r1cs: digestOf(r1cs), wasm: digestOf(wasm) }));
  const held = artifactsIn(folder, sources);
  const code = verifierCode(readFileSync(join(folder, files.verifyingKey), "utf8"));
  const development = isDevelopmentKey(readKey(readFileSync(join(folder, files.provingKey))).verifyingKey);
  const present = keccak256(await rpc.request<string>("eth_getCode", [verifier, "latest"]));
  const compare = (what: string, said: string, found: string): Comparison => ({ what, matches: said === found, registered: said, found });
  return {
    cid: registered.cid,
    development,
    status: statuses[Number(status)] ?? "unknown",
    comparisons: [
      compare("sources", registered.sources, sourcesDigest(sources)),
      compare("constraint system, compiled from source", registered.r1cs, compiled.r1cs),
      compare("witness program, compiled from source", registered.wasm, compiled.wasm),
      compare("constraint system of the ceremony", registered.r1cs, held.r1cs),
      compare("witness program of the ceremony", registered.wasm, held.wasm),
      compare("verifying key", registered.verifyingKey, held.verifyingKey),
      compare("transcript", registered.transcript, held.transcript),
      cid === undefined
        ? compare("manifest of the ceremony's files", registered.cid, held.cid)
        : compare("CID that it is published under", registered.cid, cid),
      compare("ceremony, by its transcript", "whole", transcriptState(folder)),
      compare("verifier's code, made from the key", verifierCodeHash, code),
      compare("verifier's code on the chain", verifierCodeHash, present),
      ...(development ? [] : [compare("key, against constraint system and powers of tau", fromPowers, await keyOrigin(folder, powers))]),
    ],
  };
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
