import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type LaneState, type MinterName, minterOf, readLane, readDeployment, type Rpc } from "../src/chain/index.ts";
import { openSqliteStore } from "../src/store/index.ts";
import { NumberLedger, type NumberLedgerOptions, NUMBERS_PER_WORD } from "../src/nonce/index.ts";
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

/** A minter's voucher numbers by their ledger. */
interface VoucherNumbers {
  readonly minter: string;
  readonly address: string;
  readonly mapVersion: number;
  readonly shards: number;
  readonly leases: number;
  readonly words: number;
  /** Every number that was ever leased is below this one; decimal. */
  readonly below: string;
  readonly held: readonly HeldShard[];
}

interface HeldShard {
  readonly shard: number;
  readonly node: string;
  readonly epoch: number;
  readonly leases: number;
  readonly words: number;
  readonly below: string;
}

const action: NewTaskActionFunction<{ readonly json: boolean }> = ({ json }, hre) =>
  reporting(json, async () => {
    const { storePath, deployments, network, keys, rpc, config } = await taskContext(hre);
    const deployment = await readDeployment(deployments, network);
    const store = await openSqliteStore({ path: storePath, readOnly: true });
    try {
      const lanes: LaneNonces[] = [];
      for (const key of keys.lanes) {
        const address = addressOf(key);
        lanes.push(await noncesOf(rpc, address, await readLane(store, deployment.chainId, address)));
      }
      const vouchers: VoucherNumbers[] = [];
      const minters: MinterName[] = ["VoucherMinter", "EditionMinter", ...(deployment.cast ? ["CastMinter" as const] : [])];
      for (const minter of minters) {
        const { address } = minterOf(deployment, minter);
        vouchers.push({
          minter,
          address,
          ...(await numbersOf({ store, chainId: deployment.chainId, minter: address, shards: config.nonce.shards })),
        });
      }
      print(json, { lanes, vouchers }, () => [...lanes.flatMap(laneLines), ...vouchers.flatMap(voucherLines)].join("\n"));
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

async function numbersOf(options: NumberLedgerOptions): Promise<Omit<VoucherNumbers, "minter" | "address">> {
  const { map, state } = await NumberLedger.open(options);
  const held = [...state.holdings].sort(([a], [b]) => a - b);
  return {
    ...{ mapVersion: map.version, shards: map.shards, leases: state.leases, words: state.words },
    below: numberBelow(state.leases === 0 ? 0n : state.freeWord),
    held: held.map(([shard, { endWord, ...each }]) => ({ shard, ...each, below: numberBelow(endWord) })),
  };
}

const numberBelow = (word: bigint): string => (word * NUMBERS_PER_WORD).toString();

function voucherLines({ minter, address, mapVersion, shards, leases, words, below, held }: VoucherNumbers): string[] {
  const facts = factTable([
    ["voucher numbers of", minter],
    ["address", address],
    ["shards, map version", `${shards}, ${mapVersion}`],
    ["leases", leases],
    ["words leased", words],
    ["numbers below", below],
  ]);
  if (held.length === 0) return [facts];
  const rows = held.map(({ shard, node, epoch, ...each }) => [shard, node, epoch, each.leases, each.words, each.below]);
  return [facts, rowTable(["shard", "node", "epoch", "leases", "words", "numbers below"], rows)];
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
