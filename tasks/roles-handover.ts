import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { handOver } from "../scripts/deployment/handover.ts";
import { checkChain, readDeployment } from "../src/chain/index.ts";
import { accountOf } from "./accounts.ts";
import { addressNamed } from "./arguments.ts";
import { taskContext } from "./context.ts";
import { print, reporting } from "./print.ts";
import { roleRows } from "./roles-show.ts";

interface Args {
  readonly guardian: string;
  readonly signerAdmin: string;
  readonly curator: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ guardian, signerAdmin, curator, json }, hre) =>
  reporting(json, async () => {
    const successors = {
      guardian: addressNamed("--guardian", guardian, "--guardian 0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
      signerAdmin: addressNamed("--signer-admin", signerAdmin, "--signer-admin 0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
      curator: addressNamed("--curator", curator, "--curator 0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    };
    const context = await taskContext(hre);
    const { rpc, deployments, network, keys } = context;
    const deployment = await readDeployment(deployments, network);
    await checkChain(rpc, deployment);
    const account = accountOf(context, deployment, keys.admin);
    const { done, table } = await handOver(account, deployment, successors, (words) => {
      if (!json) console.error(words);
    });
    print(json, { done, ...table }, () =>
      [roleRows(table), done.length === 0 ? "everything was handed over before; nothing was changed" : "the deployer has no role"].join(
        "\n",
      ),
    );
  });

export default action;
