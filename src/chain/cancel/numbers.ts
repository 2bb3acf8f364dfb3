import { AbiCoder, id } from "ethers";
import { batch, type Rpc, toQuantity } from "../rpc/rpc.ts";

const selector = (signature: string): string => id(signature).slice(0, 10);
const word32 = (value: bigint): string => value.toString(16).padStart(64, "0");

/** Calldata of `cancel(word, mask)`, which only who has the right to it may send. */
export const encodeCancel = (word: bigint, mask: bigint): string => selector("cancel(uint256,uint256)") + word32(word) + word32(mask);

/**
 * The used bits of these words of the minter's bitmap.
 * @param block number of the block after which; the newest one by default
 * @throws RpcUnanswered, RpcRefused
 */
export async function usedBits(rpc: Rpc, minter: string, words: readonly bigint[], block?: number): Promise<Map<bigint, bigint>> {
  const used = new Map<bigint, bigint>();
  for (let start = 0; start < words.length; start += mostCalls) {
    const some = words.slice(start, start + mostCalls);
    const calls = some.map((word) => ({
      method: "eth_call",
      params: [{ to: minter, data: selector("nonceWord(uint256)") + word32(word) }, block === undefined ? "latest" : toQuantity(block)],
    }));
    const answers = await batch<string>(rpc, calls);
    some.forEach((word, i) => used.set(word, BigInt(answers[i] ?? "0x0")));
  }
  return used;
}

/** Calls in one request. */
const mostCalls = 100;

/** Whether the minter lets this address sign vouchers. @throws RpcUnanswered, RpcRefused */
export async function isSigner(rpc: Rpc, minter: string, signer: string): Promise<boolean> {
  const data = selector("isSigner(address)") + AbiCoder.defaultAbiCoder().encode(["address"], [signer]).slice(2);
  return BigInt(await rpc.request<string>("eth_call", [{ to: minter, data }, "latest"])) === 1n;
}
