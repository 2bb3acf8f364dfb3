import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JsonRpcProvider, Wallet } from "ethers";
import type { Deployment } from "../../src/chain/index.ts";
import { Anvil } from "../../test/anvil.ts";
import { FaultProxy } from "../../test/chaos/proxy/index.ts";
import { Random } from "../../test/chaos/random.ts";
import { deployMinters } from "../bench-chain.ts";
import { type Compiled, deployPlainMinter } from "./plain-minter.ts";
import { keyAt } from "./protocol.ts";

/** Not the admin, whose nonces belong to the other deployment. */
const plainDeployer = 1;

/** A new chain with all contracts behind a proxy that behaves until it is told otherwise, for one contender in one scenario. */
export interface Arena extends AsyncDisposable {
  readonly anvil: Anvil;
  readonly proxy: FaultProxy;
  readonly deployment: Deployment;
  readonly plainMinter: string;
  /** For stores; goes with the arena. */
  readonly directory: string;
}

export interface ArenaOptions {
  readonly blockMs: number;
  readonly seed: number;
  readonly plain: Compiled;
}

export async function openArena({ blockMs, seed, plain }: ArenaOptions): Promise<Arena> {
  const directory = await mkdtemp(join(tmpdir(), "mintd-exactly-once-"));
  // 60 M gas as on Ethereum's mainnet. The base fee stays at zero: what happens when it climbs is another question.
  const anvil = await Anvil.start({ blockTime: blockMs / 1_000, args: ["--gas-limit", "60000000", "--base-fee", "0"] });
  const killNode = () => void anvil.kill();
  process.once("exit", killNode); // an interrupted bench leaves no node behind
  const provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, pollingInterval: 20 });
  const [deployment, plainMinter] = await Promise.all([
    deployMinters(anvil.url),
    deployPlainMinter(plain, new Wallet(keyAt(plainDeployer), provider)),
  ]);
  provider.destroy();
  const proxy = await FaultProxy.start({ target: anvil.url, random: new Random(seed) });
  return {
    anvil,
    proxy,
    deployment,
    plainMinter,
    directory,
    async [Symbol.asyncDispose]() {
      await proxy.close();
      await anvil.kill();
      process.off("exit", killNode);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
