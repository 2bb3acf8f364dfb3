import type { EventStore } from "../../store/index.ts";
import { checkpointName } from "../confirm/confirmations.ts";
import type { Deployment } from "../deployment.ts";
import { FinalBlocksLost, NoCodeAtAddress } from "../errors.ts";
import { type Header, Heads } from "../confirm/heads.ts";
import { headOf, type Rpc } from "../rpc/rpc.ts";

/**
 * How many of the newest blocks that the store knows the local chain no longer has, e.g. because it was killed before it
 * saved them. Reads only: the orders in them are driven again by the service.
 * @throws FinalBlocksLost where they were final, NoCodeAtAddress where the contracts are lost with them
 */
export async function localBlocksLost(rpc: Rpc, store: EventStore | undefined, deployment: Deployment): Promise<number> {
  let most = 0;
  for (const { address } of [deployment.contracts.VoucherMinter, deployment.contracts.EditionMinter]) {
    const saved = await store?.loadSnapshot(checkpointName({ chainId: deployment.chainId, minter: address }));
    if (!saved) continue;
    const { orphaned } = await new Heads(rpc, saved.data as unknown as Header[], { oneNode: true }).look();
    most = Math.max(most, orphaned.length);
  }
  const head = await headOf(rpc);
  if (head < deployment.block) throw new FinalBlocksLost(deployment.block, "the deployment's", `ends at block ${head}`);
  for (const [name, { address }] of Object.entries(deployment.contracts)) {
    const code = await rpc.request<string>("eth_getCode", [address, "latest"]);
    if (code === "0x") throw new NoCodeAtAddress(name, address, deployment.network);
  }
  return most;
}
