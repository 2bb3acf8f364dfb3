import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type ExpectedMint, verifyList, type VerifyReport } from "../src/audit/index.ts";
import { castContracts, checkChain, type MinterName, minterOf, MintLogReader, readDeployment } from "../src/chain/index.ts";
import { readMintList, requestOf } from "../src/list/index.ts";
import { minterNamed, readingFor } from "./arguments.ts";
import { type TaskContext, taskContext } from "./context.ts";
import { factTable, print, reporting } from "./print.ts";

interface Args {
  readonly csv: string;
  readonly minter: string;
  readonly skipInvalid: boolean;
  readonly json: boolean;
}

const shownFindings = 20;

/** Holds a list against the chain alone. */
export async function runVerify(context: TaskContext, { csv, minter, skipInvalid }: Omit<Args, "json">): Promise<VerifyReport> {
  const deployment = await readDeployment(context.deployments, context.network);
  await checkChain(context.rpc, deployment);
  const name = minterNamed(minter);
  const token = name === "CastMinter" ? castContracts(deployment).CastToken.address : undefined;
  const reader = new MintLogReader(context.rpc, minterOf(deployment, name).address, token);
  return verifyList(expected(csv, context, name, skipInvalid), { rpc: context.rpc, reader, deployedAt: deployment.block });
}

async function* expected(csv: string, { config }: TaskContext, minter: MinterName, skipInvalid: boolean): AsyncGenerator<ExpectedMint> {
  for await (const row of readMintList(csv, { skipInvalid, ...readingFor(minter, config) })) {
    yield { ...row, orderId: requestOf(row, config.tenant).orderId };
  }
}

export function findingLines({ findings }: VerifyReport): string[] {
  const lines = findings.slice(0, shownFindings).map(({ line, id, kind, detail }) => `line ${line}, ${id}: ${kind}: ${detail}`);
  return findings.length > shownFindings ? [...lines, `and ${findings.length - shownFindings} more`] : lines;
}

const action: NewTaskActionFunction<Args> = ({ json, ...args }, hre) =>
  reporting(json, async () => {
    const report = await runVerify(await taskContext(hre), args);
    print(json, report, () =>
      [
        factTable([
          ["rows", report.rows],
          ["minted", report.minted],
          ["duplicates", report.duplicates],
          ["tokens", report.tokens],
          ["tentative (depth 1)", report.tentative],
          ["auditable (depth 12)", report.auditable],
          ["final (depth 32)", report.final],
          ["transactions", report.transactions],
          ["gas per mint", report.minted > 0 ? report.gasUsed / report.minted : "-"],
          ["other mints of this minter", report.others],
          ["block looked at", report.head],
        ]),
        ...findingLines(report),
        report.ok ? "every row is minted exactly once and final, by the chain's own logs" : "the chain does not show what the list says",
      ].join("\n"),
    );
    if (!report.ok) process.exitCode = 1;
  });

export default action;
