import { type Rpc, toQuantity } from "../rpc/rpc.ts";

interface BlockOfTransactions {
  readonly transactions: readonly { readonly hash: string; readonly from: string; readonly nonce: string }[];
}

/** Blocks that are read for the transaction; it is looked for as soon as it is final, so it is in one of the first. */
const mostBlocks = 32;

/**
 * Hash of the transaction that used this nonce of an account, in block `upTo` or one of the 32 before; undefined where it
 * is older. Reads whole blocks: nodes know no way to ask for it.
 */
export async function takerOf(rpc: Rpc, account: string, nonce: number, upTo: number): Promise<string | undefined> {
  for (let number = upTo; number >= Math.max(0, upTo - mostBlocks); number--) {
    const block = await rpc.request<BlockOfTransactions | null>("eth_getBlockByNumber", [toQuantity(number), true]);
    const own = block?.transactions.filter(({ from }) => from.toLowerCase() === account.toLowerCase()) ?? [];
    const taker = own.find((each) => Number(each.nonce) === nonce);
    if (taker) return taker.hash;
    if (own.some((each) => Number(each.nonce) < nonce)) return undefined; // further back are only lower ones
  }
  return undefined;
}
