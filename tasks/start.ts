import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { forgetDeployment } from "../scripts/deployment/deploy.ts";
import type { VerifyReport } from "../src/audit/index.ts";
import {
  checkChain,
  type Deployment,
  deploymentFile,
  endLocalChain,
  isAlive,
  type LocalChain,
  localBlocksLost,
  nodeKind,
  readDeployment,
  readRecord,
  setLocalChainAside,
  startLocalChain,
} from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { loadConfig } from "../src/config/index.ts";
import { openSqliteStore } from "../src/store/index.ts";
import { homeOf, taskContext } from "./context.ts";
import { runDeploy } from "./deploy.ts";
import { Interrupted, orAborted, stopOnSignal } from "./interrupt.ts";
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

type Say = (words: string) => void;

/** Where the local chain and its store are. */
interface Place {
  readonly home: string;
  readonly data: string;
  readonly chain: string;
  readonly deployments: string;
}

const action: NewTaskActionFunction<Args> = async ({ csv, fresh, json }, hre) => {
  const ending = new AbortController(); // aborted by a signal, or because the chain ended
  await reporting(json, async () => {
    const say: Say = (words) => {
      console.error(`mintd: ${words}`);
    };
    const place = placeOf(hre);
    const unlisten = stopOnSignal(() => {
      ending.abort(new Interrupted());
    });
    try {
      if (fresh) await beginAnew(place, say);
      const chain = await chainUp(hre, place, say);
      const result = await onChain(hre, chain, { place, csv, say, ending });
      print(json, result, () => summary(result.list, result.proof));
      if (!result.proof.ok || result.list.conflictCount > 0) process.exitCode = 1;
    } finally {
      unlisten();
    }
  });
  if (ending.signal.aborted) endSoon();
};

/**
 * Whatever still waits for a chain that is gone, a deployment above all, waits in vain. Race: under load the chain takes its
 * time to end. Mitigation: this comes after all is saved and said, and the exit code with it.
 */
function endSoon(): void {
  setTimeout(() => process.exit(), 1_000).unref();
}

function placeOf(hre: HardhatRuntimeEnvironment): Place {
  const home = homeOf(hre);
  const data = join(home, loadConfig({ env: process.env }).dataDir, "local");
  return { home, data, chain: join(data, "chain"), deployments: join(home, "deployments") };
}

interface Run {
  readonly place: Place;
  readonly csv: string;
  readonly say: Say;
  readonly ending: AbortController;
}

/** All that is done while the chain runs; it is ended on any way out. A chain that is refused is not written over the saved one. */
async function onChain(hre: HardhatRuntimeEnvironment, chain: LocalChain, run: Run) {
  const over = new AbortController();
  let saving: Promise<void> | undefined;
  try {
    await checkBlocks(hre, chain, run);
    const onWait = () => {
      run.say(`the local chain waits: its node is busy, or the disk of ${run.place.chain} is slow, and what is final must be saved`);
    };
    saving = chain.keepSaving(over.signal, onWait).catch((error: unknown) => {
      run.ending.abort(error);
    });
    return await mintAndProve(hre, chain, run);
  } finally {
    over.abort();
    await saving;
    await chain.stop({ save: saving !== undefined || chain.reused });
  }
}

/** The chain still has what was final, and its contracts. @throws GenesisMismatch, FinalBlocksLost, NoCodeAtAddress */
async function checkBlocks(hre: HardhatRuntimeEnvironment, chain: LocalChain, { place, say, ending }: Run): Promise<void> {
  ending.signal.throwIfAborted();
  const deployment = await recordedDeployment(place);
  if (!deployment) return;
  await checkChain(chain.rpc, deployment);
  const { storePath } = await taskContext(hre);
  const store = existsSync(storePath) ? await openSqliteStore({ path: storePath, now: () => systemClock.now() }) : undefined;
  try {
    const lost = await localBlocksLost(chain.rpc, store, deployment);
    if (lost > 0) say(`the local chain lost its newest ${lost} block(s), none of them final; the orders in them are driven again`);
  } finally {
    await store?.close();
  }
}

async function mintAndProve(hre: HardhatRuntimeEnvironment, chain: LocalChain, { csv, say, ending: { signal } }: Run) {
  const context = { ...(await taskContext(hre)), network: "local" };
  const deploying = runDeploy(context, () => chain.save()); // what is recorded as deployed is on disk before
  const { deployed } = await orAborted(signal, deploying);
  say(deployed ? "contracts deployed, recorded in deployments/local/" : "contracts are deployed already");
  const list = await runMintList(hre, { csv, minter: "tokens", skipInvalid: false }, signal);
  const proof = await orAborted(signal, runVerify(context, { csv, minter: "tokens", skipInvalid: false }));
  return { list, proof };
}

async function recordedDeployment({ deployments }: Place): Promise<Deployment | undefined> {
  return existsSync(deploymentFile(deployments, "local")) ? readDeployment(deployments, "local") : undefined;
}

/**
 * Without a finished deployment nothing on the chain is of value, so a chain and journal from a run that was killed that
 * early are put aside: half a deployment on blocks that may be lost is not worth mending. Hardhat's node forgets its
 * blocks when it ends, and what was recorded about them goes aside too.
 */
async function chainUp(hre: HardhatRuntimeEnvironment, place: Place, say: Say): Promise<LocalChain> {
  const deployment = await recordedDeployment(place);
  if (!deployment) {
    await setLocalChainAside(place.chain, systemClock);
    await forgetDeployment(place.deployments, "local");
  } else if (nodeKind() === "hardhat" && !isAlive((await readRecord(place.chain))?.pid ?? 0)) {
    await beginAnew(place, say);
  }
  const chain = await startLocalChain({
    directory: place.chain,
    port: port(),
    blockTimeSeconds: blockTime(),
    keepsFinal: true,
    clock: systemClock,
    genesisHash: (await recordedDeployment(place))?.genesisHash,
    projectRoot: hre.config.paths.root,
  });
  const how = chain.reused ? "found alive from a former run" : chain.restored ? "restored from its saved state" : "new";
  const node = chain.kind === "anvil" ? "anvil" : "Hardhat's node (no anvil for this platform; it forgets its blocks when it stops)";
  say(`local chain at ${chain.url}: ${node}, ${how}`);
  return chain;
}

/** `--fresh`: what was there is moved aside, never deleted. */
async function beginAnew({ data, chain, deployments }: Place, say: Say): Promise<void> {
  await endLocalChain(chain, systemClock);
  const aside = `${data}.${new Date(systemClock.now()).toISOString().replaceAll(/[:.]/g, "-")}`;
  if (existsSync(data)) await rename(data, aside);
  const deployed = join(deployments, "local");
  if (existsSync(deployed)) {
    await mkdir(aside, { recursive: true });
    await rename(deployed, join(aside, "deployments"));
  }
  if (existsSync(aside)) say(`the former local chain, its store and its deployments are in ${aside}`);
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
