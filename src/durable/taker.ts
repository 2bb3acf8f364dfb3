import type { AccountNonces } from "../chain/lane/account-nonces.ts";
import { takerOf } from "../chain/lane/taker.ts";
import { type Rpc, RpcRefused } from "../chain/rpc/rpc.ts";

/**
 * Hash of the transaction that used this nonce in a block up to `finalBlock`: positive proof, however old it is; undefined
 * where the node does not have it. The newest blocks are read first, then the counts of old ones lead to the block, which
 * takes a node that has their state.
 * @throws RpcUnanswered
 */
export async function provenTaker(
  rpc: Rpc,
  nonces: AccountNonces,
  address: string,
  nonce: number,
  finalBlock: number,
): Promise<string | undefined> {
  const recent = await takerOf(rpc, address, nonce, finalBlock);
  if (recent !== undefined) return recent;
  try {
    let [below, above] = [-1, finalBlock]; // the count exceeds the nonce in `above`, and not in `below`
    while (above - below > 1) {
      const middle = Math.floor((below + above) / 2);
      if ((await nonces.at(address, middle)) > nonce) above = middle;
      else below = middle;
    }
    return await takerOf(rpc, address, nonce, above);
  } catch (error) {
    if (error instanceof RpcRefused) return undefined; // no state of so old a block: no proof
    throw error;
  }
}
