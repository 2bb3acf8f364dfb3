import type { EventStore } from "../store/event-store.ts";
import { GenesisMismatch } from "./identity-errors.ts";
import type { Rpc } from "./rpc/rpc.ts";

/** Which chain: its id, and the hash of its first block, since a chain that is started anew has the same id. */
export interface ChainIdentity {
  readonly chainId: number;
  readonly genesisHash: string;
}

/** Hash of block 0. */
export async function genesisHash(rpc: Rpc): Promise<string> {
  const block = await rpc.request<{ hash: string } | null>("eth_getBlockByNumber", ["0x0", false]);
  return block?.hash ?? "none";
}

/**
 * A store knows one chain of each id for life: its nonces and blocks mean nothing on another.
 * @throws GenesisMismatch
 */
export async function bindStore(store: EventStore, chain: ChainIdentity): Promise<void> {
  const stream = `chain/${chain.chainId}`;
  for await (const { data } of store.read(stream)) {
    const recorded = (data as { genesisHash: string }).genesisHash;
    if (recorded !== chain.genesisHash) throw new GenesisMismatch(recorded, chain.genesisHash, "the store");
    return;
  }
  await store.append([{ stream, expected: 0, events: [{ kind: "bound", data: { genesisHash: chain.genesisHash } }] }]);
}
