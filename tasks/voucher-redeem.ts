import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { redeemVoucher } from "../src/chain/index.ts";
import { type Order, readOrder } from "../src/order/index.ts";
import { minterNamed } from "./arguments.ts";
import { openMintdFor, taskContext } from "./context.ts";
import { factTable, print, reporting } from "./print.ts";
import { readVoucher } from "./voucher-file.ts";

interface Args {
  readonly file: string;
  readonly line: number;
  readonly minter: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ file, line, minter, json }, hre) =>
  reporting(json, async () => {
    const voucher = await readVoucher(file, line);
    const context = await taskContext(hre);
    await using mintd = await openMintdFor(context, minterNamed(minter));
    await mintd.start();
    const { orderId, outcome, signer } = await redeemVoucher(voucher, mintd.twoStage);
    await mintd.minting.idle();
    const order = await readOrder(mintd.store, orderId);
    print(json, { orderId, outcome, signer, order }, () => factTable(facts(orderId, outcome, signer, order)));
    if (order?.kind !== "final") process.exitCode = 1;
  });

function facts(orderId: string, outcome: string, signer: string, order: Order | undefined): [string, string | number][] {
  return [
    ["order", orderId],
    ["signer", signer],
    ["outcome", outcome],
    ["state", order?.kind ?? "-"],
    ["transaction", order?.inclusion?.txHash ?? "-"],
    ["first token", order?.inclusion?.firstTokenId ?? "-"],
  ];
}

export default action;
