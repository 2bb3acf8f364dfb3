import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { keccak256 } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { type Deployment, deploymentFile, NotDeployed, readDeployment } from "../../src/chain/index.ts";

export interface DeployOptions {
  /** Folder that holds a folder for each network. */
  readonly directory: string;
  readonly network: string;
  /** Account that signs vouchers; granted by the admin if it is no signer yet. */
  readonly signer: string;
  /** Called when the contracts are on the chain, before that is recorded; e.g. makes a local chain keep its blocks. */
  readonly beforeRecord?: (() => Promise<void>) | undefined;
}

export interface DeployReport {
  readonly deployment: Deployment;
  /** False where everything was there already. */
  readonly deployed: boolean;
  readonly signerGranted: boolean;
}

/**
 * Deploys what is missing on the connected network and records it; a second time it is a no-op. Killed in the middle it
 * goes on where it stopped: Ignition's journal stands beside the record.
 */
export async function deploy(connection: NetworkConnection, options: DeployOptions): Promise<DeployReport> {
  const { ethers } = connection;
  const before = await recorded(options);
  const deployment = before ?? (await deployAnew(connection, options));
  let signerGranted = false;
  for (const name of ["VoucherMinter", "EditionMinter"] as const) {
    const minter = await ethers.getContractAt("IVoucherSigners", deployment.contracts[name].address);
    if (await minter.isSigner(options.signer)) continue;
    const sent = await minter.grantSigner(options.signer);
    await sent.wait();
    signerGranted = true;
  }
  return { deployment, deployed: before === undefined, signerGranted };
}

async function recorded({ directory, network }: DeployOptions): Promise<Deployment | undefined> {
  try {
    return await readDeployment(directory, network);
  } catch (error) {
    if (error instanceof NotDeployed) return undefined;
    throw error;
  }
}

async function deployAnew(connection: NetworkConnection, options: DeployOptions): Promise<Deployment> {
  const { ethers, ignition } = connection;
  const { chainId } = await ethers.provider.getNetwork();
  const { default: mintModule } = await import("./mint-module.ts"); // hundreds of Ignition's modules that nothing else needs
  const { manager, voucherMinter, editionMinter } = await ignition.deploy(mintModule, {
    deploymentId: options.network,
    config: { requiredConfirmations: 1, blockPollingInterval: chainId === 31337n ? 100 : 1_000 },
  });
  const genesis = await ethers.provider.getBlock(0);
  const block = await ethers.provider.getBlockNumber();
  const [admin] = await ethers.getSigners();
  const authority = await manager.getAddress();
  const record = async (contract: typeof manager, args: string[]) => {
    const address = await contract.getAddress();
    return { address, args, codeHash: keccak256(await ethers.provider.getCode(address)) };
  };
  const deployment: Deployment = {
    network: options.network,
    chainId: Number(chainId),
    genesisHash: genesis?.hash ?? "",
    block,
    admin: admin?.address ?? "",
    contracts: {
      AccessManager: await record(manager, [admin?.address ?? ""]),
      VoucherMinter: await record(voucherMinter, [authority, "mintd", "MINT", ""]),
      EditionMinter: await record(editionMinter, [authority, "mintd editions", "MINTE", ""]),
    },
  };
  await options.beforeRecord?.();
  await writeDeployment(options.directory, deployment);
  return deployment;
}

/** Written beside and renamed: the record is there whole or not at all, and it being there means the deployment is done. */
export async function writeDeployment(directory: string, deployment: Deployment): Promise<void> {
  const file = deploymentFile(directory, deployment.network);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.next`, `${JSON.stringify(deployment, null, 2)}\n`);
  await rename(`${file}.next`, file);
}

/** Forgets a deployment on a chain that can be thrown away. */
export async function forgetDeployment(directory: string, network: string): Promise<void> {
  await rm(join(directory, network), { recursive: true, force: true });
}
