import { randomBytes } from "node:crypto";
import { HistoryUnknown, type Issued, type IssueOptions, MAX_ISSUE, newBatchId, requestsOfBatch } from "../src/issue/index.ts";
import { checkMintList, readMintList, requestOf } from "../src/list/index.ts";
import type { Issuing } from "../src/mintd.ts";
import type { MintRequest } from "../src/order/index.ts";
import { VALIDITY_SECONDS } from "../src/voucher/index.ts";
import { minterNamed, readingFor } from "./arguments.ts";
import type { TaskContext } from "./context.ts";
import { factTable, grouped, print, showProgress } from "./print.ts";
import { VoucherFile } from "./voucher-file.ts";
import { machineClock, timeOf } from "./window.ts";

interface Plan {
  readonly options: IssueOptions;
  readonly from: string;
  readonly out: string;
  readonly json: boolean;
}

export interface BatchPlan extends Plan {
  readonly count: number;
  readonly batch: string;
  readonly content: Pick<MintRequest, "tenant" | "to" | "quantity" | "uriDigest">;
}

/** Complaints that are printed. */
const shown = 20;
/** Rows of a list that are issued at a time. */
const rowsAtOnce = MAX_ISSUE / 8;

/** Issues `count` vouchers of one content. Its id is told before anything is written, so that it can be run again. */
export async function issueBatch(issuing: Issuing, context: TaskContext, plan: BatchPlan): Promise<void> {
  const batch = plan.batch === "" ? newBatchId(randomBytes(16)) : plan.batch;
  const requests = await requestsOfBatch(batch, plan.count, plan.content);
  const [first] = requests;
  const isNew = first && plan.batch !== "" && (await issuing.book.countNew([first.orderId])) > 0;
  if (isNew && !issuing.knowsHistory && !context.inProcess) throw new HistoryUnknown(context.network);
  console.error(`batch ${batch}: with --batch ${batch} the same command gives the same vouchers`);
  await issue(issuing, [requests], { ...plan, total: plan.count, batch, options: { ...plan.options, user: `batch/${batch}` } });
}

/** Issues a voucher for each row of a list; the rows' ids are the idempotency keys, as for mint:list. */
export async function issueList(
  issuing: Issuing,
  { config }: TaskContext,
  plan: Plan & { readonly list: string; readonly minter: string },
): Promise<void> {
  const reading = readingFor(minterNamed(plan.minter), config);
  const { rows } = await checkMintList(plan.list, reading);
  async function* pieces(): AsyncGenerator<MintRequest[]> {
    let piece: MintRequest[] = [];
    for await (const row of readMintList(plan.list, { ...reading, checked: true })) {
      piece.push(requestOf(row, config.tenant));
      if (piece.length < rowsAtOnce) continue;
      yield piece;
      piece = [];
    }
    if (piece.length > 0) yield piece;
  }
  await issue(issuing, pieces(), { ...plan, total: rows, batch: undefined });
}

/** What was issued, and what not. */
class Summary {
  readonly counts: Record<Issued["outcome"], number> = {
    ...{ issued: 0, repeated: 0, renewed: 0, expired: 0, underway: 0, minted: 0, rejected: 0, conflict: 0 },
  };
  readonly complaints: string[] = [];
  readonly #words = new Set<bigint>();
  first: bigint | undefined;
  last: bigint | undefined;
  from: number | undefined;
  until = 0;
  vouchers = 0;

  add(issued: Issued): void {
    this.counts[issued.outcome]++;
    if ("voucher" in issued) {
      const { txCount, alignedSecond } = issued.voucher.redemption;
      this.vouchers++;
      this.#words.add(txCount >> 8n);
      if (this.first === undefined || txCount < this.first) this.first = txCount;
      if (this.last === undefined || txCount > this.last) this.last = txCount;
      this.from = Math.min(this.from ?? alignedSecond, alignedSecond);
      this.until = Math.max(this.until, alignedSecond + VALIDITY_SECONDS);
    } else if (this.complaints.length < shown) this.complaints.push(complaint(issued));
  }

  get words(): number {
    return this.#words.size;
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }
}

function complaint(issued: Exclude<Issued, { readonly voucher: unknown }>): string {
  switch (issued.outcome) {
    case "conflict":
      return issued.error.message;
    case "expired":
      return `order ${issued.orderId}: voucher ${issued.number} has expired; --renew gives it a new window under the same number`;
    case "rejected":
      return `order ${issued.orderId} was rejected: ${issued.reason}`;
    case "underway":
      return `order ${issued.orderId}: mintd is minting it itself`;
    case "minted":
      return `order ${issued.orderId} is minted already`;
  }
}

async function issue(
  { issuer }: Issuing,
  pieces: Iterable<MintRequest[]> | AsyncIterable<MintRequest[]>,
  { options, out, json, from, total, batch }: Plan & { readonly total: number; readonly batch: string | undefined },
): Promise<void> {
  const summary = new Summary();
  const file = await VoucherFile.create(out);
  const start = performance.now();
  const hide = showProgress("issued", total, () => ({ done: summary.total, words: "" }));
  try {
    for await (const requests of pieces) {
      for await (const issued of issuer.issue(requests, options)) {
        if ("voucher" in issued) await file.add(issued.voucher);
        summary.add(issued);
      }
    }
    await file.keep();
  } catch (error) {
    await file.discard();
    throw error;
  } finally {
    hide();
  }
  const perSecond = (summary.vouchers * 1_000) / (performance.now() - start);
  const { counts, vouchers, first, last, words, until, complaints } = summary;
  const facts = { batch, file: out, vouchers, first, last, words, from: summary.from, until, signer: issuer.address, ...counts };
  print(json, { ...facts, vouchersPerSecond: perSecond, complaints }, () =>
    [
      factTable([
        ...(batch === undefined ? [] : [["batch", batch] as const]),
        ["file", out],
        ["vouchers", vouchers],
        ["of them issued before", counts.repeated],
        ["of them renewed", counts.renewed],
        ["not issued", summary.total - vouchers],
        ["first number", first?.toString() ?? "-"],
        ["last number", last?.toString() ?? "-"],
        ["words", words],
        ["redeemable from", summary.from === undefined ? "-" : timeOf(summary.from)],
        ["redeemable until", summary.from === undefined ? "-" : timeOf(until)],
        ["signer", issuer.address],
        ["vouchers per second", perSecond],
      ]),
      ...(from === "" ? [machineClock] : []),
      ...complaints,
      ...(summary.total - vouchers > complaints.length ? [`and ${grouped(summary.total - vouchers - complaints.length)} more`] : []),
    ].join("\n"),
  );
  if (vouchers < total) process.exitCode = 1;
}
