import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { checkCollaterals } from "../src/cast/index.ts";
import { castContracts } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { checkMintList, type ListReport, mintList, type MintListSummary, printProblem, readMintList } from "../src/list/index.ts";
import { minterNamed, readingFor } from "./arguments.ts";
import { deploymentOf, openMintdFor, taskContext } from "./context.ts";
import { Interrupted, stopOnSignal } from "./interrupt.ts";
import { factTable, grouped, print, reporting, rowTable, seconds, showProgress } from "./print.ts";

interface Args {
  readonly csv: string;
  readonly minter: string;
  readonly skipInvalid: boolean;
  readonly json: boolean;
}

/** The report of one run, as `--json` prints it. */
export interface MintListResult extends ListReport {
  readonly skipped: MintListSummary;
  readonly transactions: number;
  readonly gasUsed: number;
}

/** Mints a list and returns when every row is final, rejected or in conflict. An abort of `signal` ends it with its reason. */
export async function runMintList(
  hre: Parameters<typeof taskContext>[0],
  { csv, minter, skipInvalid }: Omit<Args, "json">,
  signal?: AbortSignal,
): Promise<MintListResult> {
  const context = await taskContext(hre);
  const name = minterNamed(minter);
  const options = { skipInvalid, ...readingFor(name, context.config) };
  const checked = await checkMintList(csv, options);
  // Before anything is accepted: an order that names none could only be rejected.
  if (checked.collaterals) await checkCollaterals(context.rpc, castContracts(await deploymentOf(context)), checked.collaterals);
  await using mintd = await openMintdFor(context, name);
  const before = mintd.lanes.settled;
  const stop = stopOnSignal(() => {
    mintd.minting.fail(new Interrupted());
  });
  const fail = () => {
    mintd.minting.fail(signal?.reason);
  };
  signal?.addEventListener("abort", fail, { once: true });
  if (signal?.aborted) fail();
  let [minted, final] = [0, 0];
  const hide = showProgress("final", checked.rows, () => ({
    done: final,
    words: `minted ${grouped(minted)}, block ${mintd.confirmations.tip?.number ?? 0}`,
  }));
  try {
    await mintd.start();
    const report = await mintList(readMintList(csv, { ...options, checked: true }), mintd, {
      tenant: context.config.tenant,
      clock: systemClock,
      onProgress(now) {
        ({ minted, final } = now);
      },
    });
    const after = mintd.lanes.settled;
    return { ...report, skipped: checked, transactions: after.transactions - before.transactions, gasUsed: after.gasUsed - before.gasUsed };
  } finally {
    hide();
    stop();
    signal?.removeEventListener("abort", fail);
  }
}

/** What went wrong with rows, in lines for people. */
export function complaints({ skipped, conflicts, conflictCount, rejections }: MintListResult): string[] {
  return [
    ...skipped.problems.map((problem) => `skipped: ${printProblem(problem)}`),
    ...conflicts.map((conflict) => conflict.message),
    ...(conflictCount > conflicts.length ? [`and ${conflictCount - conflicts.length} more conflicts`] : []),
    ...rejections.map(({ id, reason }) => `rejected: ${id ?? "?"}: ${reason}`),
  ];
}

/** Time to each level, as rows of a table. */
export function levelRows({ times }: MintListResult): (string | number)[][] {
  return (["tentative", "auditable", "final"] as const).map((level) => {
    const { count, median, slowest } = times[level];
    return [level, count, count === 0 ? "-" : seconds(median), count === 0 ? "-" : seconds(slowest)];
  });
}

const action: NewTaskActionFunction<Args> = ({ json, ...args }, hre) =>
  reporting(json, async () => {
    const result = await runMintList(hre, args);
    print(json, result, () =>
      [
        factTable([
          ["rows", result.rows],
          ["skipped as invalid", result.skipped.skipped],
          ["minted", result.minted],
          ["of them final before this run", result.finalBefore],
          ["final", result.final],
          ["rejected", result.rejected],
          ["in conflict", result.conflictCount],
          ["waiting for their voucher's holder", result.handedOut],
          ["transactions of this run", result.transactions],
          ["gas per mint", result.minted > result.finalBefore ? result.gasUsed / (result.minted - result.finalBefore) : "-"],
          ["mints per second", result.mintsPerSecond],
        ]),
        rowTable(["level", "reached in this run", "median", "slowest"], levelRows(result)),
        ...complaints(result),
      ].join("\n"),
    );
    if (result.final < result.rows) process.exitCode = 1;
  });

export default action;
