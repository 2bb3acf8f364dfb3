import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MintdError } from "../error.ts";
import { NotDeployed } from "./errors.ts";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/);

const contract = z.strictObject({
  address,
  /** Constructor arguments in their order. */
  args: z.array(z.json()),
  /** keccak256 of the deployed code. */
  codeHash: hash,
});

/** Chain id of development chains. What is known to everybody (keys, wrapped ether of our own) is used on no other. */
export const LOCAL_CHAIN_ID = 31_337;

/** The contracts of cast tokens and proven prices. */
const cast = z.strictObject({
  WETH: contract,
  /** The circuits, too. */
  ProvenPrices: contract,
  CollateralVault: contract,
  CastToken: contract,
  CastMinter: contract,
  GovernanceToken: contract,
  StakedVotes: contract,
  TimelockController: contract,
  MintGovernor: contract,
});

/** What circuit:register did; prices name the circuit by its id. */
const circuit = z.strictObject({
  id: hash,
  verifier: address,
  /** SHA-256 of the verifying key in JSON, hexadecimal: which key makes its proofs. */
  verifyingKey: z.string().regex(/^[0-9a-f]{64}$/),
});

const deployment = z.strictObject({
  network: z.string(),
  chainId: z.int().positive(),
  /** Hash of block 0: two chains of one id differ in it. */
  genesisHash: hash,
  /** Block in which the last contract was deployed; no mint lies below it. */
  block: z.int().nonnegative(),
  admin: address,
  contracts: z.strictObject({ AccessManager: contract, VoucherMinter: contract, EditionMinter: contract }),
  /** There where `deploy --cast` was run. */
  cast: cast.optional(),
  /** By name, like price7: those that were registered last. */
  circuits: z.record(z.string(), circuit).optional(),
});

/** What was deployed on a network, as deployments/<network>/mintd.json records it. */
export type Deployment = z.infer<typeof deployment>;
export type RegisteredCircuit = z.infer<typeof circuit>;
export type CastContracts = z.infer<typeof cast>;
export type MinterName = "VoucherMinter" | "EditionMinter" | "CastMinter";

/** The contracts of cast tokens are not deployed on this network. */
export class CastNotDeployed extends MintdError {
  readonly code = "CAST_NOT_DEPLOYED";
  constructor(network: string) {
    super(`the contracts of cast tokens are not deployed on ${network}`, {
      hint: `npx hardhat deploy --cast --network ${network}`,
    });
  }
}

/** @throws CastNotDeployed */
export function castContracts({ cast, network }: Pick<Deployment, "cast" | "network">): CastContracts {
  if (cast === undefined) throw new CastNotDeployed(network);
  return cast;
}

/** The contract that mints. @throws CastNotDeployed */
export function minterOf(deployment: Deployment, name: MinterName): { readonly address: string; readonly codeHash: string } {
  return name === "CastMinter" ? castContracts(deployment).CastMinter : deployment.contracts[name];
}

/** The record of a deployment cannot be read. */
export class DeploymentUnreadable extends MintdError {
  readonly code = "DEPLOYMENT_UNREADABLE";
  constructor(file: string, problem: string) {
    super(`${file} is not a deployment record of mintd: ${problem}`, { hint: "restore it from version control, or deploy again" });
  }
}

export const deploymentFile = (directory: string, network: string): string => join(directory, network, "mintd.json");

/** Reads a network's deployment. @throws NotDeployed, DeploymentUnreadable */
export async function readDeployment(directory: string, network: string): Promise<Deployment> {
  const file = deploymentFile(directory, network);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw new NotDeployed(network, file);
    throw new DeploymentUnreadable(file, error instanceof Error ? error.message : String(error));
  });
  try {
    return deployment.parse(JSON.parse(text));
  } catch (error) {
    throw new DeploymentUnreadable(file, error instanceof z.ZodError ? z.prettifyError(error) : "not JSON");
  }
}
