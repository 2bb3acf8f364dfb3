import type { Call } from "../../src/cast/index.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { isSame } from "../deployment/role-logs.ts";

/** What a call of ProvenPrices does to the terms or sources of an asset. */
export type AssetCall =
  | { readonly name: "setTerms"; readonly assetId: bigint; readonly quorum: number }
  | { readonly name: "setSources" | "removeSources"; readonly assetId: bigint; readonly circuitId: string };

/**
 * Those among the calls that do something to an asset, in their order. Pure.
 * @param to the address of ProvenPrices
 */
export const assetCallsIn = (abi: IProvenPrices["interface"], to: string, calls: readonly Call[]): AssetCall[] =>
  calls.filter((call) => isSame(call.to, to)).flatMap(({ data }) => assetCallIn(abi, data) ?? []);

function assetCallIn(abi: IProvenPrices["interface"], data: string): AssetCall | undefined {
  try {
    const { name = "", args = [] } = abi.parseTransaction({ data }) ?? {};
    const [assetId, second] = [...args] as unknown[];
    if (name === "setTerms") return { name, assetId: assetId as bigint, quorum: Number((second as { quorum: bigint }).quorum) };
    if (name === "setSources" || name === "removeSources") return { name, assetId: assetId as bigint, circuitId: String(second) };
  } catch {
    // Anybody may have proposed anything, and this cannot be executed.
  }
  return undefined;
}
