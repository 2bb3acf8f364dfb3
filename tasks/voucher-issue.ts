import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { addressProblem, checksumAddress } from "../src/address.ts";
import { readDeployment } from "../src/chain/index.ts";
import { HistoryUnknown, type IssueOptions } from "../src/issue/index.ts";
import { type Issuing, openIssuing } from "../src/mintd.ts";
import { orderIdOf, signedVoucherToJson, uriDigestOf, VALIDITY_SECONDS } from "../src/voucher/index.ts";
import { addressNamed, InvalidArgument, minterNamed, readingFor } from "./arguments.ts";
import { deploymentOf, type TaskContext, taskContext } from "./context.ts";
import { type BatchPlan, issueBatch, issueList } from "./issue-many.ts";
import { describeError, factTable, print, reporting } from "./print.ts";
import { VoucherFile } from "./voucher-file.ts";
import { fromOption, machineClock, timeOf } from "./window.ts";

export interface Args {
  readonly id: string;
  readonly count: number;
  readonly list: string;
  readonly to: string;
  readonly quantity: number;
  readonly uri: string;
  readonly from: string;
  readonly batch: string;
  readonly renew: boolean;
  readonly out: string;
  readonly minter: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    checkKind(args);
    const context = await taskContext(hre);
    const options = { ...fromOption(args.from, Date.now()), renew: args.renew };
    if (args.list !== "") {
      await using issuing = await openIssuingFor(context, args.minter, true);
      await issueList(issuing, context, { ...args, options });
      return;
    }
    const content = contentOf(args, readingFor(minterNamed(args.minter), context.config), context.config.tenant);
    await using issuing = await openIssuingFor(context, args.minter, args.id !== "");
    if (args.id === "") await issueBatch(issuing, context, { ...args, content, options } satisfies BatchPlan);
    else await issueOne(issuing, context, args, content, options);
  });

/** One kind of issue at a time. @throws InvalidArgument */
function checkKind({ id, count, list, batch, out, to }: Args): void {
  const example = "--id drop-0001, or --count 500 --out vouchers.jsonl";
  const kinds = [id !== "", count !== 0, list !== ""].filter(Boolean).length;
  if (kinds === 0) throw new InvalidArgument("--id", "is missing: it is what makes a repeated request the same order", example);
  if (kinds > 1) throw new InvalidArgument("--id, --count and --list", "exclude each other", example);
  if (count < 0) throw new InvalidArgument("--count", `is ${count}, and must be at least 1`, "--count 500");
  if (id === "" && out === "") throw new InvalidArgument("--out", "is missing: many vouchers go to a file", "--out vouchers.jsonl");
  if (batch !== "" && count === 0) throw new InvalidArgument("--batch", "goes with --count", "--count 500 --batch <id>");
  if (list !== "" && to !== "") throw new InvalidArgument("--to", "is in the list already", "--list list.csv --out vouchers.jsonl");
}

/** @throws InvalidArgument */
function contentOf({ to, quantity, uri }: Args, rules: ReturnType<typeof readingFor>, tenant: string): BatchPlan["content"] {
  if (addressProblem(to) !== undefined)
    throw new InvalidArgument("--to", `'${to}' is not an address with its checksum`, "--to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
  const { maxQuantity, isCast } = rules;
  if (quantity < 1 || quantity > maxQuantity) {
    const unit = isCast ? " hundredths of a cast token" : "";
    throw new InvalidArgument("--quantity", `is ${quantity}, allowed are 1 to ${maxQuantity}${unit}`, "--quantity 1");
  }
  // The contract knows a collateral by its name in lower case alone.
  const named = isCast ? addressNamed("--uri", uri, "--uri <the collateral's address>").toLowerCase() : uri;
  return { tenant, to: checksumAddress(to), quantity, uriDigest: uriDigestOf(named) };
}

/**
 * Opens stage 1 for a task: store, orders, numbers and signer. Asks no chain.
 * @param ownIds whether the ids that are issued may have been used before
 */
async function openIssuingFor(context: TaskContext, minter: string, ownIds: boolean): Promise<Issuing> {
  const { network, config, deployments, storePath, keys, inProcess } = context;
  const issuing = await openIssuing({
    ...{ config, storePath, voucherKey: keys.voucher, minter: minterNamed(minter) },
    deployment: inProcess ? await deploymentOf(context) : await readDeployment(deployments, network),
    onTrouble: (error) => {
      console.error(describeError(error));
    },
  });
  if (!ownIds || issuing.knowsHistory || inProcess) return issuing;
  await issuing.close();
  throw new HistoryUnknown(network);
}

async function issueOne(
  { issuer }: Issuing,
  { network }: TaskContext,
  { id, out, json, from }: Args,
  content: BatchPlan["content"],
  options: IssueOptions,
): Promise<void> {
  const request = { ...content, orderId: orderIdOf(content.tenant, id), key: id };
  const voucher = await issuer.issueOne(request, options);
  const document = signedVoucherToJson(voucher);
  if (out !== "") await writeWhole(out, `${JSON.stringify(document, null, 2)}\n`);
  const { alignedSecond, txCount } = document.redemption;
  print(json, document, () =>
    [
      factTable([
        ["order", request.orderId],
        ["voucher number", txCount],
        ["to", request.to],
        ["quantity", request.quantity],
        ["redeemable from", timeOf(alignedSecond)],
        ["redeemable until", timeOf(alignedSecond + VALIDITY_SECONDS)],
        ["signer", issuer.address],
      ]),
      ...(from === "" ? [machineClock] : []),
      out === ""
        ? JSON.stringify(document, null, 2)
        : `the voucher is in ${out}; anybody may redeem it: npx hardhat voucher:redeem ${out} --network ${network}`,
    ].join("\n"),
  );
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await VoucherFile.create(path);
  try {
    await file.write(text);
    await file.keep();
  } catch (error) {
    await file.discard().catch(() => undefined); // the first error is the one to be told
    throw error;
  }
}

export default action;
