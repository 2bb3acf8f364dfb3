import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import type { VerifyReport } from "../src/audit/index.ts";
import { deploymentFile, type LocalChain, setLocalChainAside, startLocalChain } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { forgetDeployment } from "../scripts/deployment/deploy.ts";
import { homeOf, taskContext } from "./context.ts";
import { runDeploy } from "./deploy.ts";
import { complaints, levelRows, type MintListResult, runMintList } from "./mint-list.ts";
import { findingLines, runVerify } from "./mint-verify.ts";
import { factTable, print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly csv: string;
  readonly fresh: boolean;
  readonly json: boolean;
}

/** Port of the local chain; hardhat.config.ts reads the same variable. */
const port = (): number => Number(process.env["MINTD_LOCAL_PORT"] ?? 8545);
/** Seconds between local blocks; tests make them shorter. */
const blockTime = (): number => Number(process.env["MINTD_LOCAL_BLOCK_TIME"] ?? 1);

const action: NewTaskActionFunction<Args> = ({ csv, fresh, json }, hre) =>
  reporting(json, async () => {
    const say = (words: string) => {
      console.error(`mintd: ${words}`);
    };
    const home = homeOf(hre);
    const data = join(home, ".mintd", "local");
    if (fresh) await beginAnew(home, data, say);
    const chain = await chainUp(hre, home, data, say);
    const over = new AbortController();
    const saving = chain.keepSaving(over.signal);
    try {
      const result = await run(hre, chain, csv, say);
      print(json, result, () => summary(result.list, result.proof));
      if (!result.proof.ok || result.list.conflictCount > 0) process.exitCode = 1;
    } finally {
      over.abort();
      await saving;
      await chain.stop();
    }
  });

async function run(hre: HardhatRuntimeEnvironment, chain: LocalChain, csv: string, say: (words: string) => void) {
  const context = { ...(await taskContext(hre)), network: "local" };
  const { deployed } = await runDeploy(context);
  say(deployed ? "contracts deployed, recorded in deployments/local/" : "contracts are deployed already");
  await chain.save(); // the record of the deployment is on disk; so must be the blocks it is in
  const list = await runMintList(hre, { csv, minter: "tokens", skipInvalid: false });
  const proof = await runVerify(context, { csv, minter: "tokens", skipInvalid: false });
  return { list, proof };
}

/**
 * Without a finished deployment nothing on the chain is of value, so a chain and journal from a run that was killed that
 * early are put aside: half a deployment on blocks that may be lost is not worth mending.
 */
async function chainUp(hre: HardhatRuntimeEnvironment, home: string, data: string, say: (words: string) => void): Promise<LocalChain> {
  const deployments = join(home, "deployments");
  if (!existsSync(deploymentFile(deployments, "local"))) {
    await setLocalChainAside(join(data, "chain"), systemClock.now());
    await forgetDeployment(deployments, "local");
  }
  const chain = await startLocalChain({
    directory: join(data, "chain"),
    port: port(),
    blockTimeSeconds: blockTime(),
    clock: systemClock,
    projectRoot: hre.config.paths.root,
  });
  const how = chain.reused ? "found alive from a former run" : chain.restored ? "restored from its saved state" : "new";
  say(
    `local chain at ${chain.url}: ${chain.kind === "anvil" ? "anvil" : "Hardhat's node (no anvil for this platform; it forgets its blocks when it stops)"}, ${how}`,
  );
  return chain;
}

/** `--fresh`: what was there is moved aside, never deleted. */
async function beginAnew(home: string, data: string, say: (words: string) => void): Promise<void> {
  await setLocalChainAside(join(data, "chain"), systemClock.now());
  await forgetDeployment(join(home, "deployments"), "local");
  if (!existsSync(data)) return;
  const aside = `${data}.${new Date(systemClock.now()).toISOString().replaceAll(/[:.]/g, "-")}`;
  await rename(data, aside);
  say(`the former local chain and its store are in ${aside}`);
}

function summary(list: MintListResult, proof: VerifyReport): string {
  const perMint = proof.minted > 0 ? proof.gasUsed / proof.minted : "-";
  return [
    factTable([
      ["rows", proof.rows],
      ["minted", proof.minted],
      ["duplicates", proof.duplicates],
      ["tokens", proof.tokens],
      ["transactions", proof.transactions],
      ["gas per mint", perMint],
      ["mints per second", list.mintsPerSecond === 0 ? "- (all were minted before)" : list.mintsPerSecond],
      ["tentative (depth 1)", proof.tentative],
      ["auditable (depth 12)", proof.auditable],
      ["final (depth 32)", proof.final],
    ]),
    rowTable(["level", "reached in this run", "median", "slowest"], levelRows(list)),
    ...complaints(list),
    ...findingLines(proof),
    proof.ok
      ? "every row is minted exactly once and final, by the chain's own logs (task mint:verify)"
      : "the chain does not show what the list says",
  ].join("\n");
}

export default action;
