import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Contract } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { developmentSetup, type Setup, setupIn } from "../scripts/ceremony/setup.ts";
import { aggregationOf, type Circuit, sizes } from "../scripts/circuits/compile.ts";
import type { Account } from "../src/cast/index.ts";
import {
  castContracts,
  checkChain,
  type Deployment,
  LOCAL_CHAIN_ID,
  readDeployment,
  type RegisteredCircuit,
  type Rpc,
} from "../src/chain/index.ts";
import { MintdError } from "../src/error.ts";
import {
  assertSourcesFor,
  assetIdOf,
  assetSymbol,
  assetSymbolForm,
  developmentSources,
  NotAsRegistered,
  readSources,
  type SourceKey,
  UnreadablePriceFile,
} from "../src/price/index.ts";
import { assertKeyFor, readKey } from "../src/price/prove/index.ts";
import type { IProvenPrices } from "../types/ethers-contracts/index.ts";
import { accountOf } from "./accounts.ts";
import { InvalidArgument } from "./arguments.ts";
import { RpcRunner } from "./rpc-runner.ts";
import { type TaskContext, taskContext } from "./context.ts";
import { showProgress } from "./print.ts";

/** No circuit of this name is on record for the network. */
export class CircuitNotRegistered extends MintdError {
  readonly code = "CIRCUIT_NOT_REGISTERED";
  constructor(name: string, network: string) {
    super(`${name} is not registered on ${network}`, { hint: `npx hardhat circuit:register --circuit ${name} --network ${network}` });
  }
}

/** Where the tasks of circuits and prices work. */
export interface PriceContext {
  readonly context: TaskContext;
  readonly deployment: Deployment;
  /** To read alone: `account` sends. */
  readonly prices: IProvenPrices;
  readonly address: string;
  /** Whether keys that everybody has may be used. */
  readonly local: boolean;
  /** The admin. Where its key stands in for a lane, it sends only while mintd is not at work: see accounts.ts. */
  readonly account: Account;
}

/** @throws NotDeployed, CastNotDeployed, GenesisMismatch, ChainMismatch */
export async function priceContext(hre: HardhatRuntimeEnvironment): Promise<PriceContext> {
  const context = await taskContext(hre);
  const deployment = await readDeployment(context.deployments, context.network);
  const { address } = castContracts(deployment).ProvenPrices;
  await checkChain(context.rpc, deployment);
  const prices = await provenPrices(hre, context.rpc, address);
  const local = deployment.chainId === LOCAL_CHAIN_ID;
  return { context, deployment, prices, address, local, account: accountOf(context, deployment, context.keys.admin) };
}

/** To read alone. */
export async function provenPrices({ artifacts }: HardhatRuntimeEnvironment, rpc: Rpc, address: string): Promise<IProvenPrices> {
  const { abi } = await artifacts.readArtifact("IProvenPrices");
  // The class has no types of a contract's own functions; those that are generated come from the same interface.
  return new Contract(address, abi, new RpcRunner(rpc)) as unknown as IProvenPrices;
}

export interface NamedCircuit {
  readonly name: string;
  /** How many sources it takes. */
  readonly size: number;
  readonly circuit: Circuit;
}

/** `price3` and so on. @throws InvalidArgument */
export function circuitNamed(name: string): NamedCircuit {
  const found = sizes.find(({ size }) => name === `price${size}`);
  const names = sizes.map(({ size }) => `price${size}`).join(", ");
  if (!found) throw new InvalidArgument("--circuit", `is '${name}', which is none of ${names}`, "--circuit price7");
  return { name, size: found.size, circuit: aggregationOf(found.size) };
}

/** @throws CircuitNotRegistered */
export function registeredCircuit({ circuits, network }: Deployment, name: string): RegisteredCircuit {
  const found = circuits?.[name];
  if (!found) throw new CircuitNotRegistered(name, network);
  return found;
}

/**
 * The circuit's key: a finished ceremony's, or the development one, which is made where it is missing.
 * @throws DevelopmentKey but on a local chain
 * @throws TranscriptMismatch, UnsafeKey, UnreadableKey, InvalidArgument
 */
export async function keyFor(
  { context: { network }, local }: PriceContext,
  { circuit, name }: NamedCircuit,
  folder: string,
): Promise<Setup> {
  const example = `--folder keys/${name}`;
  if (folder === "" && !local) throw new InvalidArgument("--folder", "is missing: only local chains take the development key", example);
  const setup = folder === "" ? await developmentKey(circuit) : setupIn(resolve(folder));
  if (setup.transcript.circuit !== circuit.component) {
    throw new InvalidArgument("--folder", `holds a key of ${setup.transcript.circuit}, not of ${circuit.component}`, example);
  }
  assertKeyFor(readKey(readFileSync(setup.provingKey)).verifyingKey, { network, local });
  return setup;
}

/**
 * As `keyFor`, of the circuit that is registered on the network.
 * @throws CircuitNotRegistered, NotAsRegistered
 */
export async function registeredKey(where: PriceContext, named: NamedCircuit, folder: string): Promise<Setup> {
  const { verifyingKey } = registeredCircuit(where.deployment, named.name);
  const setup = await keyFor(where, named, folder);
  if (setup.transcript.verifyingKey === verifyingKey) return setup;
  throw new NotAsRegistered(`the key in ${setup.folder}`, named.name, where.context.network);
}

/** Under a bar: making it takes a while, of more sources a longer one. */
export async function developmentKey(circuit: Circuit): Promise<Setup> {
  let now = { done: 0, words: "" };
  let end: (() => void) | undefined;
  try {
    return await developmentSetup(circuit, {
      onProgress(share, words) {
        now = { done: Math.round(100 * share), words };
        if (share > 0 && share < 1) end ??= showProgress("development key", 100, () => now);
      },
    });
  } finally {
    end?.();
  }
}

/**
 * The sources' public keys, ascending: those of a file, or the development ones.
 * @throws DevelopmentSources but on a local chain
 * @throws UnreadablePriceFile, InvalidArgument
 */
export function sourcesFor({ context: { network }, local }: PriceContext, { size, name }: NamedCircuit, file: string): SourceKey[] {
  const example = "--sources sources.json";
  if (file === "" && !local) throw new InvalidArgument("--sources", "is missing: only local chains take development sources", example);
  const keys = file === "" ? developmentSources(size).map(({ key }) => key) : readSources(textOf(file), file);
  if (keys.length !== size) throw new InvalidArgument("--sources", `has ${keys.length} keys; ${name} takes ${size}`, example);
  assertSourcesFor(keys, { network, local });
  return keys.sort((one, other) => (one.x < other.x ? -1 : 1));
}

/** @throws UnreadablePriceFile */
export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UnreadablePriceFile(file, error instanceof Error ? error.message : String(error));
  }
}

/** An asset's id of 64 bits, from its symbol or as it is. @throws InvalidArgument */
export function assetNamed(text: string): bigint {
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 1n << 64n) return BigInt(text);
  if (assetSymbol.test(text)) return assetIdOf(text);
  throw new InvalidArgument("--asset", `is '${text}', and must be ${assetSymbolForm}, or a number below 2^64`, "--asset ETH");
}
