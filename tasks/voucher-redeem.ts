import { readFile } from "node:fs/promises";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { redeemVoucher } from "../src/chain/index.ts";
import { type Order, readOrder } from "../src/order/index.ts";
import { parseSignedVoucher, type SignedVoucher } from "../src/voucher/index.ts";
import { InvalidArgument, minterNamed } from "./arguments.ts";
import { openMintdFor, taskContext } from "./context.ts";
import { factTable, print, reporting } from "./print.ts";

interface Args {
  readonly file: string;
  readonly minter: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ file, minter, json }, hre) =>
  reporting(json, async () => {
    const voucher = await readVoucher(file);
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

async function readVoucher(file: string): Promise<SignedVoucher> {
  const example = "npx hardhat voucher:redeem voucher.json";
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new InvalidArgument(
      "the voucher's file",
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      example,
    );
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new InvalidArgument("the voucher's file", `${file} is not JSON`, example);
  }
  return parseSignedVoucher(parsed);
}

export default action;
