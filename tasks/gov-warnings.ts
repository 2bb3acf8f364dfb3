import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { knownCircuits, type Misfit, misfitsOf } from "../scripts/circuits/quorums.ts";
import type { Call } from "../src/cast/index.ts";
import { isRpcError } from "../src/chain/index.ts";
import { QuorumDoesNotFit } from "../src/price/index.ts";
import { callsWithin } from "./call-words.ts";
import type { CastContext } from "./cast-context.ts";
import type { NamedContract } from "./governed-calls.ts";
import { provenPrices } from "./price-context.ts";

/** Which quorums would not fit once the calls, and those that they carry, are executed. @throws RpcUnanswered, RpcRefused */
export async function misfitsIn(
  hre: HardhatRuntimeEnvironment,
  { context: { rpc }, contracts, deployment }: Pick<CastContext, "context" | "contracts" | "deployment">,
  named: readonly NamedContract[],
  calls: readonly Call[],
): Promise<Misfit[]> {
  const prices = await provenPrices(hre, rpc, contracts.ProvenPrices.address);
  const all = calls.flatMap((call) => callsWithin(named, call));
  return misfitsOf({ rpc, prices, from: deployment.block }, all, knownCircuits(deployment));
}

/** @throws QuorumDoesNotFit for the first that certainly does not */
export function assertFit(misfits: readonly Misfit[]): void {
  for (const { assetId, quorum, size } of misfits) {
    if (size === undefined) continue;
    const hint =
      "propose a quorum that fits every circuit with sources of the asset; where the circuit is to go, so that this is right when it " +
      "is executed, add --untried; docs/circuits.md says in which order";
    throw new QuorumDoesNotFit(assetId, quorum, size, hint);
  }
}

/**
 * What they come to for a reader. Nodes that keep no old logs, or none now, hinder nobody to vote: that it is not known is said.
 * @param read reads them: `misfitsIn`
 * @throws what `read` throws but for a node's errors
 */
export async function warningsOf(read: () => Promise<readonly Misfit[]>): Promise<string[]> {
  try {
    return (await read()).map(({ words }) => words);
  } catch (error) {
    if (!isRpcError(error)) throw error;
    return [`whether the quorums that it leaves fit could not be read: ${error.message}`];
  }
}

export const warningLines = (warnings: readonly string[]): string[] => warnings.map((words) => `warning: ${words}`);
