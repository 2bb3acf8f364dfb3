import { writeFile } from "node:fs/promises";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { addressProblem, checksumAddress } from "../src/address.ts";
import { issueVoucher } from "../src/chain/index.ts";
import { orderIdOf, signedVoucherToJson, uriDigestOf, VALIDITY_SECONDS } from "../src/voucher/index.ts";
import { InvalidArgument, minterNamed } from "./arguments.ts";
import { openMintdFor, taskContext } from "./context.ts";
import { factTable, print, reporting } from "./print.ts";

interface Args {
  readonly id: string;
  readonly to: string;
  readonly quantity: number;
  readonly uri: string;
  readonly out: string;
  readonly minter: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ id, to, quantity, uri, out, minter, json }, hre) =>
  reporting(json, async () => {
    if (id === "") throw new InvalidArgument("--id", "is missing: it is what makes a repeated request the same order", "--id drop-0001");
    if (addressProblem(to) !== undefined)
      throw new InvalidArgument("--to", `'${to}' is not an address with its checksum`, "--to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    const context = await taskContext(hre);
    const most = context.config.orders.maxQuantity;
    if (quantity < 1 || quantity > most)
      throw new InvalidArgument("--quantity", `is ${quantity}, allowed are 1 to ${most}`, "--quantity 1");
    await using mintd = await openMintdFor(context, minterNamed(minter));
    await mintd.confirmations.step();
    const { tenant } = context.config;
    const request = { orderId: orderIdOf(tenant, id), tenant, key: id, to: checksumAddress(to), quantity, uriDigest: uriDigestOf(uri) };
    const voucher = await issueVoucher(request, mintd.confirmations.tip?.timestamp ?? 0, mintd.twoStage);
    const document = signedVoucherToJson(voucher);
    if (out !== "") await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
    print(json, document, () =>
      [
        factTable([
          ["order", request.orderId],
          ["voucher number", document.redemption.txCount],
          ["to", request.to],
          ["quantity", quantity],
          ["redeemable until", new Date((document.redemption.alignedSecond + VALIDITY_SECONDS) * 1_000).toISOString()],
          ["signer", mintd.voucherSigner.address],
        ]),
        out === ""
          ? JSON.stringify(document, null, 2)
          : `the voucher is in ${out}; anybody may redeem it: npx hardhat voucher:redeem ${out} --network ${context.network}`,
      ].join("\n"),
    );
  });

export default action;
