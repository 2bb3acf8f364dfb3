import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { computeAddress, HDNodeWallet } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { deploy } from "../scripts/deployment/deploy.ts";
import { type Deployment, type MinterName, type OnDemandRpc, ProviderRpc, readDeployment, type Rpc } from "../src/chain/index.ts";
import { loadConfig, type MintdConfig } from "../src/config/index.ts";
import { MintdError } from "../src/error.ts";
import type { Mintd } from "../src/mintd.ts";
import { Secret } from "../src/secret.ts";
import { endpointsOf, withEndpoints } from "./endpoints.ts";
import { describeError } from "./print.ts";

/** The network has no accounts that mintd could use. */
export class NoAccounts extends MintdError {
  readonly code = "NO_ACCOUNTS";
  constructor(network: string) {
    super(`network ${network} has no private keys configured`, {
      hint: "list private keys as the network's `accounts` in hardhat.config.ts: admin, voucher signer, lane",
    });
  }
}

/** More lanes are wanted than there are keys for them. */
export class TooFewLaneKeys extends MintdError {
  readonly code = "TOO_FEW_LANE_KEYS";
  constructor(network: string, wanted: number, keys: number) {
    super(`lane.count is ${wanted}, but network ${network} has ${keys} private key(s) for lanes`, {
      hint: "list the lanes' keys as the network's third and further `accounts` in hardhat.config.ts, or lower lane.count",
    });
  }
}

/** Where a task works and with what: settled from Hardhat's configuration before anything is opened. */
export interface TaskContext {
  readonly hre: HardhatRuntimeEnvironment;
  readonly network: string;
  /** Root of all that is written: deployments/ and the data folder. */
  readonly home: string;
  readonly deployments: string;
  readonly storePath: string;
  readonly config: MintdConfig;
  readonly rpc: Rpc;
  /** What `rpc` is where it goes over HTTP. */
  readonly endpoints: OnDemandRpc | undefined;
  readonly keys: Keys;
  /** A chain inside this process, gone when it ends; deployed to on first use. */
  readonly inProcess: boolean;
}

/**
 * By position in the network's accounts: the first administers and deploys, the second signs vouchers, from the third on
 * they send, as many as lane.count says. The first stands in for what is missing.
 */
export interface Keys {
  readonly admin: Secret;
  readonly voucher: Secret;
  /** At least one. */
  readonly lanes: readonly Secret[];
}

/** Everything written lies below this folder; another one keeps two mintds on one machine apart. */
export const homeOf = (hre: HardhatRuntimeEnvironment): string => process.env["MINTD_HOME"] ?? hre.config.paths.root;

/** Settles network, keys and paths; `--network`, or `local` where none is given. */
export async function taskContext(hre: HardhatRuntimeEnvironment): Promise<TaskContext> {
  const network = (hre.globalOptions.network as string | undefined) ?? "local";
  const settings = hre.config.networks[network];
  const config = loadConfig({ env: process.env });
  const inProcess = settings?.type === "edr-simulated";
  const home = inProcess ? await mkdtemp(join(tmpdir(), "mintd-")) : homeOf(hre);
  const endpoints = settings?.type === "http" ? await endpointsOf(settings, config) : undefined;
  const rpc = endpoints ?? new ProviderRpc((await hre.network.getOrCreate(network)).provider);
  return {
    hre,
    network,
    home,
    deployments: join(home, "deployments"),
    storePath: join(home, config.dataDir, network, "store.db"),
    config,
    rpc,
    endpoints,
    keys: await keysOf(hre, network, config.lane.count),
    inProcess,
  };
}

async function keysOf(hre: HardhatRuntimeEnvironment, network: string, laneCount: number): Promise<Keys> {
  const [admin, voucher = admin, ...lanes] = await secretsOf(hre.config.networks[network]?.accounts, 2 + laneCount);
  if (!admin || !voucher) throw new NoAccounts(network);
  if (lanes.length === 0 && laneCount === 1) return { admin, voucher, lanes: [admin] };
  if (lanes.length < laneCount) throw new TooFewLaneKeys(network, laneCount, lanes.length);
  return { admin, voucher, lanes };
}

/** The key at this place in the network's accounts, or undefined. */
export async function keyAt({ hre, network }: TaskContext, index: number): Promise<Secret | undefined> {
  return (await secretsOf(hre.config.networks[network]?.accounts, index + 1))[index];
}

type Accounts = HardhatRuntimeEnvironment["config"]["networks"][string]["accounts"];

/** The first keys, listed one by one or derived from a mnemonic. */
async function secretsOf(accounts: Accounts | undefined, most: number): Promise<Secret[]> {
  if (accounts === undefined || accounts === "remote") return [];
  if (!Array.isArray(accounts)) {
    const { mnemonic, path, initialIndex, count, passphrase } = accounts;
    const root = HDNodeWallet.fromPhrase(await mnemonic.get(), await passphrase.get(), path);
    return Array.from({ length: Math.min(most, count) }, (_, i) => new Secret(root.deriveChild(initialIndex + i).privateKey));
  }
  const keys = accounts.slice(0, most).map((account) => ("privateKey" in account ? account.privateKey : account));
  return Promise.all(keys.map(async (key) => new Secret(await key.getHexString())));
}

/** The checksummed address of a key. */
export const addressOf = (key: Secret): string => computeAddress(key.reveal());

/** The network's deployment; a chain inside this process is deployed to first. */
export async function deploymentOf(context: TaskContext): Promise<Deployment> {
  if (!context.inProcess) return readDeployment(context.deployments, context.network);
  const { hre, network, deployments, keys, rpc } = context;
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const connection = await hre.network.getOrCreate(network);
  const { deployment } = await deploy(connection, { directory: deployments, network, signer: addressOf(keys.voucher) });
  await rpc.request("evm_setAutomine", [false]);
  await rpc.request("evm_setIntervalMining", [200]);
  return deployment;
}

/** Opens the service for a task; the caller closes it with `await using`. */
export async function openMintdFor(context: TaskContext, minter: MinterName): Promise<Mintd> {
  const { config, rpc, endpoints, storePath, keys } = context;
  const told = new Set<string>();
  const { openMintd } = await import("../src/mintd.ts"); // tasks that only look need no service
  const mintd = await openMintd({
    config,
    rpc,
    ...(endpoints && { endpoints: async () => (await endpoints.pool()).snapshot() }),
    deployment: await deploymentOf(context),
    minter,
    storePath,
    laneKeys: keys.lanes,
    voucherKey: keys.voucher,
    onTrouble(error) {
      const words = describeError(error);
      if (told.has(words)) return; // the same doubt a hundred times is one line
      told.add(words);
      console.error(words);
    },
    onAdopted(orders) {
      console.error(`this store did not know ${orders} mint(s) that the chain has; they are orders now and are not minted again`);
    },
    onReorg(orphaned) {
      console.error(`the chain took back ${orphaned.length} block(s) from ${orphaned.at(-1)?.number ?? 0}; their orders are driven again`);
    },
  });
  return withEndpoints(mintd, context.endpoints);
}
