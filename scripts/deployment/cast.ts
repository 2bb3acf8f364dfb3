import type { DeployConfig } from "@nomicfoundation/ignition-core";
import { keccak256 } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { type CastContracts, type Deployment, LOCAL_CHAIN_ID, NoCodeAtAddress, readDeployment } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";
import { type DeployOptions, writeDeployment } from "./deploy.ts";

export interface CastOptions extends Pick<DeployOptions, "directory" | "network" | "signer" | "beforeRecord"> {
  /** The chain's wrapped ether; deployed where there is none, which only a local chain may have. */
  readonly weth?: string | undefined;
}

export interface CastReport {
  readonly cast: CastContracts;
  /** False where they were there already. */
  readonly deployed: boolean;
}

/** The chain has a wrapped ether that others use; one of our own would be collateral that nobody knows. */
export class WethMissing extends MintdError {
  readonly code = "WETH_MISSING";
  constructor(network: string) {
    super(`${network} is no local chain, and the address of its wrapped ether was not given`, {
      hint: `npx hardhat deploy --cast --weth <address> --network ${network}`,
    });
  }
}

/** @throws WethMissing but on a local chain */
export function assertWeth(chainId: number, network: string, weth: string | undefined): void {
  if (weth === undefined && chainId !== LOCAL_CHAIN_ID) throw new WethMissing(network);
}

/**
 * Deploys the contracts of cast tokens beside the mint contracts and adds them to their record; a second time it is a
 * no-op. Killed in the middle it goes on where it stopped.
 * @throws NotDeployed without the mint contracts
 * @throws WethMissing, NoCodeAtAddress before anything is deployed
 */
export async function deployCast(connection: NetworkConnection, options: CastOptions): Promise<CastReport> {
  const { directory, network, signer } = options;
  const deployment = await readDeployment(directory, network);
  const deployed = deployment.cast === undefined;
  const cast = deployment.cast ?? (await deployAnew(connection, deployment, options));
  const minter = await connection.ethers.getContractAt("IVoucherSigners", cast.CastMinter.address);
  if (!(await minter.isSigner(signer))) await (await minter.grantSigner(signer)).wait();
  return { cast, deployed };
}

async function deployAnew(connection: NetworkConnection, deployment: Deployment, options: CastOptions): Promise<CastContracts> {
  const { ethers, ignition } = connection;
  const { address: manager } = deployment.contracts.AccessManager;
  const { network } = options;
  assertWeth(deployment.chainId, network, options.weth);
  const config = { requiredConfirmations: 1, blockPollingInterval: deployment.chainId === LOCAL_CHAIN_ID ? 100 : 1_000 };
  const weth = options.weth ?? (await deployWeth(ignition, network, config));
  if ((await ethers.provider.getCode(weth)) === "0x") throw new NoCodeAtAddress("wrapped ether", weth, network);
  const { default: castModule, timelockSeconds } = await import("./cast-module.ts"); // loads Ignition, as mint-module.ts does
  const contracts = await ignition.deploy(castModule, {
    deploymentId: `${network}-cast`,
    parameters: { Cast: { manager, weth } },
    config,
  });
  const record = async (contract: { getAddress(): Promise<string> }, args: readonly (string | number | readonly string[])[]) => {
    const address = await contract.getAddress();
    return { address, args: [...args] as never[], codeHash: keccak256(await ethers.provider.getCode(address)) };
  };
  const at = async (contract: { getAddress(): Promise<string> }) => contract.getAddress();
  const [prices, vault, token, stakes, timelock] = await Promise.all(
    [contracts.prices, contracts.vault, contracts.governanceToken, contracts.stakes, contracts.timelock].map(at),
  );
  const [name, symbol] = ["mintd cast", "CAST"];
  const cast: CastContracts = {
    WETH: await record(contracts.weth, []),
    ProvenPrices: await record(contracts.prices, [manager]),
    CollateralVault: await record(contracts.vault, [manager, prices ?? "", weth, name, symbol]),
    CastToken: await record(contracts.castToken, [name, symbol, vault ?? ""]),
    CastMinter: await record(contracts.castMinter, [manager, vault ?? ""]),
    GovernanceToken: await record(contracts.governanceToken, [deployment.admin]),
    StakedVotes: await record(contracts.stakes, [token ?? ""]),
    TimelockController: await record(contracts.timelock, [
      timelockSeconds,
      [],
      ["0x0000000000000000000000000000000000000000"],
      deployment.admin,
    ]),
    MintGovernor: await record(contracts.mintGovernor, [stakes ?? "", timelock ?? ""]),
  };
  await options.beforeRecord?.();
  await writeDeployment(options.directory, { ...deployment, cast });
  return cast;
}

/** In a journal of its own, so that a second run after a first that was killed finds the same one. */
async function deployWeth(ignition: NetworkConnection["ignition"], network: string, config: Partial<DeployConfig>): Promise<string> {
  const { default: wethModule } = await import("./weth-module.ts");
  const { weth } = await ignition.deploy(wethModule, { deploymentId: `${network}-weth`, config });
  return weth.getAddress();
}
