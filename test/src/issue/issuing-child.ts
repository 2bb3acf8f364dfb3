import { configSchema } from "../../../src/config/schema.ts";
import { requestsOfBatch } from "../../../src/issue/index.ts";
import { openIssuing } from "../../../src/mintd.ts";
import { signedVoucherToJson } from "../../../src/voucher/index.ts";
import { deployment, key, requestOf } from "./issuings.ts";

/** Issues a batch and hands each voucher out at once, as a line of its output. */
async function issue(storePath: string, batch: string, count: number, second: number): Promise<void> {
  const { tenant, to, quantity, uriDigest } = requestOf("any");
  const issuing = await openIssuing({
    ...{ config: configSchema.parse({}), deployment, storePath, voucherKey: key },
    seconds: { second: () => second },
  });
  const requests = await requestsOfBatch(batch, count, { tenant, to, quantity, uriDigest });
  for await (const issued of issuing.issuer.issue(requests)) {
    const line = "voucher" in issued ? { outcome: issued.outcome, voucher: signedVoucherToJson(issued.voucher) } : issued;
    if (!process.stdout.write(`${JSON.stringify(line)}\n`)) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
  await issuing.close();
}

const [, file, storePath = "", batch = "", count = "", second = ""] = process.argv;
// The test runner loads every file of this folder; as a program it is named itself.
if (file === import.meta.filename) await issue(storePath, batch, Number(count), Number(second));
