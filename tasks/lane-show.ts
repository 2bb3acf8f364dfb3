import { formatEther } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type LaneState, readDeployment, readLane, type Rpc } from "../src/chain/index.ts";
import { openSqliteStore } from "../src/store/index.ts";
import { addressOf, taskContext } from "./context.ts";
import { print, reporting, rowTable } from "./print.ts";

/** A lane by its ledger, beside what the node says of its account. */
interface LaneView {
  readonly lane: string;
  readonly duty: string;
  readonly balanceWei: string;
  readonly nextNonce: number | null;
  readonly nonceOnChain: number;
  /** Nonces that are not final, and how many further attempts they needed. */
  readonly open: number;
  readonly replacements: number;
  readonly transactions: number;
  readonly gasUsed: number;
}

const action: NewTaskActionFunction<{ readonly json: boolean }> = ({ json }, hre) =>
  reporting(json, async () => {
    const { storePath, deployments, network, keys, rpc } = await taskContext(hre);
    const { chainId } = await readDeployment(deployments, network);
    const store = await openSqliteStore({ path: storePath, readOnly: true });
    try {
      const lanes: LaneView[] = [];
      for (const address of keys.lanes.map(addressOf)) lanes.push(await viewOf(rpc, address, await readLane(store, chainId, address)));
      print(json, { lanes }, () =>
        rowTable(
          ["lane", "duty", "ETH", "next nonce", "on chain", "not final", "replacements", "final", "gas used"],
          lanes.map((lane) => [
            ...[lane.lane, lane.duty, formatEther(lane.balanceWei), lane.nextNonce ?? "-", lane.nonceOnChain],
            ...[lane.open, lane.replacements, lane.transactions, lane.gasUsed],
          ]),
        ),
      );
    } finally {
      await store.close();
    }
  });

async function viewOf(rpc: Rpc, lane: string, { duty, nextNonce, open, settled }: LaneState): Promise<LaneView> {
  return {
    lane,
    duty,
    balanceWei: BigInt(await rpc.request<string>("eth_getBalance", [lane, "latest"])).toString(),
    nextNonce: nextNonce ?? null,
    nonceOnChain: Number(await rpc.request<string>("eth_getTransactionCount", [lane, "latest"])),
    open: open.size,
    replacements: [...open.values()].reduce((sum, { attempts }) => sum + attempts.length - 1, 0),
    ...settled,
  };
}

export default action;
