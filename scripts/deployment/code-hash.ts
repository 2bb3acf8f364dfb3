import { keccak256 } from "ethers";
import type { Rpc } from "../../src/chain/index.ts";

/** keccak256 of the code at an address, also where there is none. */
export const codeHashAt = async (rpc: Rpc, address: string): Promise<string> =>
  keccak256(await rpc.request<string>("eth_getCode", [address, "latest"]));
