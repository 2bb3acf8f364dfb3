import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { readLane, readDeployment } from "../src/chain/index.ts";
import { openSqliteStore } from "../src/store/index.ts";
import { readLeases } from "../src/nonce/index.ts";
import { addressOf, taskContext } from "./context.ts";
import { factTable, print, reporting, rowTable } from "./print.ts";

const action: NewTaskActionFunction<{ readonly json: boolean }> = ({ json }, hre) =>
  reporting(json, async () => {
    const { storePath, deployments, network, keys, rpc } = await taskContext(hre);
    const deployment = await readDeployment(deployments, network);
    const address = addressOf(keys.lane);
    const store = await openSqliteStore({ path: storePath, readOnly: true });
    try {
      const lane = await readLane(store, deployment.chainId, address);
      const [latest, pending] = await Promise.all(
        ["latest", "pending"].map(async (block) => Number(await rpc.request<string>("eth_getTransactionCount", [address, block]))),
      );
      const open = [...lane.open.values()].map(({ nonce, hash, orderIds, gasLimit }) => ({
        nonce,
        hash,
        orders: orderIds.length,
        gasLimit,
      }));
      const leases = await Promise.all(
        (["VoucherMinter", "EditionMinter"] as const).map(async (name) => {
          const words = await readLeases(store, deployment.chainId, deployment.contracts[name].address);
          return { minter: name, address: deployment.contracts[name].address, ...words };
        }),
      );
      print(json, { lane: address, next: lane.nextNonce ?? null, latest, pending, open, vouchers: leases }, () =>
        [
          factTable([
            ["lane", address],
            ["next nonce by the ledger", lane.nextNonce ?? "-"],
            ["nonce on chain, latest", latest ?? "-"],
            ["nonce on chain, pending", pending ?? "-"],
            ["attempts not final", open.length],
          ]),
          ...(open.length === 0
            ? []
            : [
                rowTable(
                  ["nonce", "transaction", "orders", "gas limit"],
                  open.map((one) => [one.nonce, one.hash, one.orders, one.gasLimit]),
                ),
              ]),
          rowTable(
            ["minter", "leases", "words leased", "numbers below"],
            leases.map(({ minter, leases: count, words, below }) => [minter, count, words, below]),
          ),
        ].join("\n"),
      );
    } finally {
      await store.close();
    }
  });

export default action;
