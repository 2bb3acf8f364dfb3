import { VersionConflict } from "../store/errors.ts";
import type { EventStore, StreamId } from "../store/event-store.ts";
import { GenesisMismatch } from "./identity-errors.ts";
import { type Rpc, RpcUnanswered } from "./rpc/rpc.ts";

/** Which chain: its id, and the hash of its first block, since a chain that is started anew has the same id. */
export interface ChainIdentity {
  readonly chainId: number;
  readonly genesisHash: string;
}

/** Hash of block 0. A node that does not show it is doubt: no store is bound to that. @throws RpcUnanswered, RpcRefused */
export async function genesisHash(rpc: Rpc): Promise<string> {
  const block = await rpc.request<{ hash: string } | null>("eth_getBlockByNumber", ["0x0", false]);
  if (!block) throw new RpcUnanswered("eth_getBlockByNumber", "the node", "it has no block 0");
  return block.hash;
}

/**
 * A store knows one chain of each id for life: its nonces and blocks mean nothing on another.
 * @throws GenesisMismatch
 */
export async function bindStore(store: EventStore, chain: ChainIdentity): Promise<void> {
  if (await isBound(store, chain)) return;
  try {
    await store.append([{ stream: streamOf(chain), expected: 0, events: [{ kind: "bound", data: { genesisHash: chain.genesisHash } }] }]);
  } catch (error) {
    if (!(error instanceof VersionConflict)) throw error;
    await isBound(store, chain); // somebody else of this process was first
  }
}

const streamOf = ({ chainId }: ChainIdentity): StreamId => `chain/${chainId}`;

async function isBound(store: EventStore, chain: ChainIdentity): Promise<boolean> {
  for await (const { data } of store.read(streamOf(chain))) {
    const recorded = (data as { genesisHash: string }).genesisHash;
    if (recorded !== chain.genesisHash) throw new GenesisMismatch(recorded, chain.genesisHash, "the store");
    return true;
  }
  return false;
}
