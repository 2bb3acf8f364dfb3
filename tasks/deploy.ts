import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { deploy, type DeployReport } from "../scripts/deployment/deploy.ts";
import { checkChain, readDeployment, NotDeployed } from "../src/chain/index.ts";
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

const action: NewTaskActionFunction<{ readonly json: boolean }> = ({ json }, hre) =>
  reporting(json, async () => {
    const context = await taskContext(hre);
    const { deployment, deployed, signerGranted } = await runDeploy(context);
    print(json, { ...deployment, deployed, signerGranted }, () =>
      [
        factTable([
          ["network", `${deployment.network} (chain ${deployment.chainId})`],
          ...Object.entries(deployment.contracts).map(([name, { address }]) => [name, address] as const),
          ["admin", deployment.admin],
          ["voucher signer", addressOf(context.keys.voucher)],
          ["block", deployment.block],
        ]),
        deployed ? `deployed and recorded in deployments/${deployment.network}/` : "everything was deployed before; nothing was changed",
        ...(signerGranted ? ["the voucher signer was granted"] : []),
      ].join("\n"),
    );
  });

export default action;
