import type { Call } from "../../src/cast/index.ts";
import { pricesCall, type PricesCalled } from "./prices-call.ts";

/** What a call of ProvenPrices does to the terms or sources of an asset. */
export type AssetCall =
  | { readonly name: "setTerms"; readonly assetId: bigint; readonly quorum: number }
  | { readonly name: "setSources"; readonly assetId: bigint; readonly circuitId: string; readonly root: bigint }
  | { readonly name: "removeSources"; readonly assetId: bigint; readonly circuitId: string };

/** Those among the calls that do something to an asset, in their order. Pure. */
export const assetCallsIn = (prices: PricesCalled, calls: readonly Call[]): AssetCall[] =>
  calls.flatMap((call) => assetCallIn(prices, call) ?? []);

function assetCallIn(prices: PricesCalled, call: Call): AssetCall | undefined {
  const { name = "", args = [] } = pricesCall(prices, call) ?? {};
  const [first, second, third] = [...args] as unknown[];
  const assetId = first as bigint;
  if (name === "setTerms") return { name, assetId, quorum: Number((second as { quorum: bigint }).quorum) };
  if (name === "setSources") return { name, assetId, circuitId: String(second), root: third as bigint };
  if (name === "removeSources") return { name, assetId, circuitId: String(second) };
  return undefined;
}
