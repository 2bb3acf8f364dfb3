import type { Rpc } from "../chain/index.ts";
import { gasCostD18, type Market } from "./liquidations.ts";
import type { Block } from "./reads.ts";

/** What a liquidation must gain more than, in cast tokens with 18 decimals; undefined: it need not gain. */
export type LeastGain = (at: Block, markets: ReadonlyMap<string, Market>) => Promise<bigint | undefined>;

/** More than its gas costs now; more than nothing where the price of gas, or a fresh one of ether, is not known. */
export const moreThanGas =
  (rpc: Rpc, weth: string): LeastGain =>
  async (at, markets) => {
    // Unreadable is unknown: what is liquidated late costs more than what is liquidated dearly.
    const weiPerGas = await rpc.request<string>("eth_gasPrice", []).then(BigInt, () => undefined);
    const [, ether] = [...markets].find(([collateral]) => collateral.toLowerCase() === weth.toLowerCase()) ?? [];
    return (weiPerGas === undefined ? undefined : gasCostD18(weiPerGas, ether, at.timestamp)) ?? 0n;
  };
