import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { isHandedOver } from "../scripts/deployment/handover.ts";
import { type Holder, readRoles, type RoleTable } from "../scripts/deployment/roles.ts";
import { checkChain, networkOf, readDeployment } from "../src/chain/index.ts";
import { taskContext } from "./context.ts";
import { print, reporting, rowTable } from "./print.ts";

const action: NewTaskActionFunction<{ readonly json: boolean }> = ({ json }, hre) =>
  reporting(json, async () => {
    const { rpc, deployments, network } = await taskContext(hre);
    const deployment = await readDeployment(deployments, network);
    await checkChain(rpc, deployment);
    const table = await readRoles(rpc, deployment);
    const handedOver = isHandedOver(table, deployment);
    print(json, { ...table, handedOver }, () => `${roleRows(table)}\n${handoverWords(handedOver)}`);
    if (!handedOver && networkOf(deployment.chainId).isPublic) process.exitCode = 1;
  });

/** Every role with its holders and what it may call. */
export function roleRows({ roles, timelock }: RoleTable): string {
  const managed = roles.map(({ id, name, holders, functions }) => [
    name === null ? `role ${id}` : `${id} ${name}`,
    holders.map(holderWords).join("\n") || "nobody",
    id === 0n && functions.length === 0 ? "gives and takes roles" : functions.map(functionWords).join("\n") || "nothing",
  ]);
  const ofTimelock = timelock.map(({ role, holders }) => [`timelock ${role}`, holders.map(holderWords).join("\n") || "nobody", ""]);
  return rowTable(["role", "held by", "may call"], [...managed, ...ofTimelock]);
}

function holderWords({ account, name, delaySeconds = 0 }: Omit<Holder, "delaySeconds"> & Partial<Holder>): string {
  return `${name === "anybody" ? name : account}${name === null || name === "anybody" ? "" : ` ${name}`}${delaySeconds > 0 ? `, ${delaySeconds} s after it said so` : ""}`;
}

const functionWords = ({ contract, function: signature }: RoleTable["roles"][number]["functions"][number]): string =>
  `${contract}.${signature.replace(/\(.*/, "")}`;

const handoverWords = (handedOver: boolean): string =>
  handedOver ? "the deployer has no role" : "the deployer has roles: npx hardhat roles:handover gives them away";

export default action;
