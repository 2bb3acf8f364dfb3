import { getAddress } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { assertWeth, type CastReport, deployCast } from "../scripts/deployment/cast.ts";
import { deploy, type DeployReport } from "../scripts/deployment/deploy.ts";
import { checkChain, readDeployment, NotDeployed } from "../src/chain/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { addressOf, type TaskContext, taskContext } from "./context.ts";
import { factTable, print, reporting } from "./print.ts";

/** Deploys what is missing on the context's network. @throws GenesisMismatch where the record is of another chain */
export async function runDeploy(context: TaskContext, beforeRecord?: () => Promise<void>): Promise<DeployReport> {
  const { hre, network, deployments, keys, rpc } = context;
  try {
    await checkChain(rpc, await readDeployment(deployments, network));
  } catch (error) {
    if (!(error instanceof NotDeployed)) throw error;
  }
  // A fresh clone has no artifacts; where nothing changed this takes no time.
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const connection = await hre.network.getOrCreate(network);
  return deploy(connection, { directory: deployments, network, signer: addressOf(keys.voucher), beforeRecord });
}

/**
 * Deploys the contracts of cast tokens beside the others.
 * @param beforeRecord called when they are on the chain, before that is recorded: makes a local chain keep its blocks
 * @throws NotDeployed, WethMissing, NoCodeAtAddress
 */
export async function runDeployCast(
  { hre, network, deployments, keys }: TaskContext,
  { weth, beforeRecord }: { weth?: string | undefined; beforeRecord?: () => Promise<void> } = {},
): Promise<CastReport> {
  const connection = await hre.network.getOrCreate(network);
  return deployCast(connection, { directory: deployments, network, signer: addressOf(keys.voucher), weth, beforeRecord });
}

interface Args {
  readonly cast: boolean;
  readonly weth: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ cast, weth: given, json }, hre) =>
  reporting(json, async () => {
    const context = await taskContext(hre);
    const weth = wethNamed(given, cast);
    // Before the mint contracts are, which cost gas.
    if (cast) assertWeth(Number(await context.rpc.request<string>("eth_chainId", [])), context.network, weth);
    const { deployment, deployed: mintDeployed, signerGranted } = await runDeploy(context);
    const castReport = cast ? await runDeployCast(context, { weth }) : undefined;
    const contracts = { ...deployment.contracts, ...(castReport?.cast ?? deployment.cast) };
    const deployed = mintDeployed || castReport?.deployed === true;
    const record = castReport === undefined ? deployment : { ...deployment, cast: castReport.cast };
    print(json, { ...record, deployed, signerGranted }, () =>
      [
        factTable([
          ["network", `${deployment.network} (chain ${deployment.chainId})`],
          ...Object.entries(contracts).map(([name, { address }]) => [name, address] as const),
          ["admin", deployment.admin],
          ["voucher signer", addressOf(context.keys.voucher)],
          ["block", deployment.block],
        ]),
        deployed ? `deployed and recorded in deployments/${deployment.network}/` : "everything was deployed before; nothing was changed",
        ...(signerGranted ? ["the voucher signer was granted"] : []),
      ].join("\n"),
    );
  });

/** The address of wrapped ether, where one was given. @throws InvalidArgument */
function wethNamed(text: string, cast: boolean): string | undefined {
  if (text === "") return undefined;
  const example = "deploy --cast --weth 0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2 --network mainnet";
  if (!cast) throw new InvalidArgument("--weth", "goes with --cast", example);
  try {
    return getAddress(text);
  } catch {
    throw new InvalidArgument("--weth", `is '${text}', which is no address`, example);
  }
}

export default action;
