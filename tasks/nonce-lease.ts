import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { bindStore, minterOf, readDeployment } from "../src/chain/index.ts";
import { drawnSlice, NumberLedger, NUMBERS_PER_WORD } from "../src/nonce/index.ts";
import { openSqliteStore } from "../src/store/index.ts";
import { minterNamed } from "./arguments.ts";
import { taskContext } from "./context.ts";
import { factTable, print, reporting } from "./print.ts";

interface Args {
  readonly words: number;
  readonly node: string;
  readonly minter: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ words, node, minter, json }, hre) =>
  reporting(json, async () => {
    const name = minterNamed(minter);
    const { storePath, deployments, network, config } = await taskContext(hre);
    const deployment = await readDeployment(deployments, network);
    const { address } = minterOf(deployment, name);
    const store = await openSqliteStore({ path: storePath });
    try {
      await bindStore(store, deployment);
      const { shards } = config.nonce;
      const place = { store, chainId: deployment.chainId, minter: address, shards };
      const ledger = await NumberLedger.open({ ...place, firstWord: drawnSlice(Math.random()) });
      const { firstWord, epoch } = await ledger.leaseApart(node, words);
      const first = firstWord * NUMBERS_PER_WORD;
      const count = BigInt(words) * NUMBERS_PER_WORD;
      const lease = { minter: name, address, node, epoch, firstWord, words, firstNumber: first, lastNumber: first + count - 1n };
      print(json, lease, () =>
        [
          factTable([
            ["leased to", node],
            ["minter", `${name} ${address}`],
            ["first word", firstWord.toString()],
            ["words", words],
            ["first number", first.toString()],
            ["last number", lease.lastNumber.toString()],
            ["numbers", Number(count)],
            ["epoch", epoch],
          ]),
          `these numbers are ${node}'s alone: nothing that works with this store will ever use them`,
        ].join("\n"),
      );
    } finally {
      await store.close();
    }
  });

export default action;
