import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type LaneState, readLane, readDeployment, type Rpc } from "../src/chain/index.ts";
import { openSqliteStore } from "../src/store/index.ts";
import { readLeases } from "../src/nonce/index.ts";
import { addressOf, taskContext } from "./context.ts";
import { factTable, print, reporting, rowTable } from "./print.ts";

/** A lane by its ledger beside what the node says of its account. */
interface LaneNonces {
  readonly lane: string;
  readonly duty: string;
  readonly next: number | null;
  readonly latest: number;
  readonly pending: number;
  readonly open: readonly OpenView[];
}

interface OpenView {
  readonly nonce: number;
  readonly attempts: readonly string[];
  readonly orders: number;
  readonly gasLimit: number;
}

const action: NewTaskActionFunction<{ readonly json: boolean }> = ({ json }, hre) =>
  reporting(json, async () => {
    const { storePath, deployments, network, keys, rpc } = await taskContext(hre);
    const deployment = await readDeployment(deployments, network);
    const store = await openSqliteStore({ path: storePath, readOnly: true });
    try {
      const lanes: LaneNonces[] = [];
      for (const key of keys.lanes) {
        const address = addressOf(key);
        lanes.push(await noncesOf(rpc, address, await readLane(store, deployment.chainId, address)));
      }
      const vouchers = await Promise.all(
        (["VoucherMinter", "EditionMinter"] as const).map(async (name) => {
          const words = await readLeases(store, deployment.chainId, deployment.contracts[name].address);
          return { minter: name, address: deployment.contracts[name].address, ...words };
        }),
      );
      print(json, { lanes, vouchers }, () =>
        [
          ...lanes.flatMap(laneLines),
          rowTable(
            ["minter", "leases", "words leased", "numbers below"],
            vouchers.map(({ minter, leases: count, words, below }) => [minter, count, words, below]),
          ),
        ].join("\n"),
      );
    } finally {
      await store.close();
    }
  });

async function noncesOf(rpc: Rpc, lane: string, state: LaneState): Promise<LaneNonces> {
  const count = async (block: string) => Number(await rpc.request<string>("eth_getTransactionCount", [lane, block]));
  const open = [...state.open.values()].map(({ nonce, attempts }) => ({
    nonce,
    attempts: attempts.map(({ hash }) => hash),
    orders: attempts[0].orderIds.length,
    gasLimit: attempts[0].gasLimit,
  }));
  return { lane, duty: state.duty, next: state.nextNonce ?? null, latest: await count("latest"), pending: await count("pending"), open };
}

function laneLines({ lane, duty, next, latest, pending, open }: LaneNonces): string[] {
  const facts = factTable([
    ["lane", lane],
    ["duty", duty],
    ["next nonce by the ledger", next ?? "-"],
    ["nonce on chain, latest", latest],
    ["nonce on chain, pending", pending],
    ["nonces not final", open.length],
  ]);
  if (open.length === 0) return [facts];
  const rows = open.flatMap(({ nonce, attempts, orders, gasLimit }) => attempts.map((hash) => [nonce, hash, orders, gasLimit]));
  return [facts, rowTable(["nonce", "attempt", "orders", "gas limit"], rows)];
}

export default action;
