import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { mintersOf } from "../scripts/deployment/announced.ts";
import type { SignerOf } from "../scripts/deployment/signers.ts";
import { duration, isoOf } from "../src/cast/index.ts";
import { checkChain, type Deployment, type MinterName, readDeployment } from "../src/chain/index.ts";
import { addressNamed, InvalidArgument } from "./arguments.ts";
import { type TaskContext, taskContext } from "./context.ts";

/** Arguments that the tasks over one signer share. */
export interface SignerArgs {
  readonly signer: string;
  readonly contract: string;
  readonly as: number;
  readonly json: boolean;
}

/** Where those tasks work. */
export interface SignerContext {
  readonly context: TaskContext;
  readonly deployment: Deployment;
}

/** @throws NotDeployed, GenesisMismatch, ChainMismatch */
export async function signerContext(hre: HardhatRuntimeEnvironment): Promise<SignerContext> {
  const context = await taskContext(hre);
  const deployment = await readDeployment(context.deployments, context.network);
  await checkChain(context.rpc, deployment);
  return { context, deployment };
}

/** @throws InvalidArgument */
export function signerNamed(text: string): string {
  return addressNamed("the signer", text, "signer:grant 0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
}

/** @throws InvalidArgument */
export function signerOf(deployment: Deployment, { signer, contract }: Pick<SignerArgs, "signer" | "contract">): SignerOf {
  return { deployment, signer: signerNamed(signer), contract: minterCalled(deployment, contract) };
}

/** A minter by its name in the deployment's record. @throws InvalidArgument */
export function minterCalled(deployment: Deployment, name: string): MinterName {
  const known = mintersOf(deployment);
  const found = known.find((each) => each === name);
  if (!found) throw new InvalidArgument("--contract", `is '${name}', which is none of ${known.join(", ")}`, "--contract VoucherMinter");
  return found;
}

/** From when on, in words. */
export const fromWords = (from: bigint, now: bigint): string => `${isoOf(from)}${from > now ? `, in ${duration(from - now)}` : ""}`;
