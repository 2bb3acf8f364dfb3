import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { collateralNamed } from "../src/cast/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { accountAt, castContext } from "./cast-context.ts";
import { printProposal, voteOf } from "./gov-context.ts";
import { reporting } from "./print.ts";

interface Args {
  readonly ratio: string;
  readonly reason: string;
  readonly as: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ ratio, reason, as, json }, hre) =>
  reporting(json, async () => {
    const [name, ratioBps] = ratioOf(ratio);
    const cast = await castContext(hre);
    const { vault, contracts } = cast;
    const { pool } = collateralNamed(name, await vault.pools(await vault.newest()), contracts.WETH.address);
    const account = await accountAt(cast, as, json);
    const vote = voteOf(cast);
    const { id, steps } = await vote.propose(account, vote.ratioMotion(pool, ratioBps, reason));
    printProposal(json, account, steps, await vote.proposal(id));
  });

/** @throws InvalidArgument */
function ratioOf(text: string): [string, bigint] {
  const [, name = "", bps = ""] = /^([^=]+)=(\d{1,5})$/.exec(text) ?? [];
  if (bps === "" || Number(bps) > 65_535) {
    const problem = text === "" ? "is missing" : `is '${text}', and must be a collateral and its ratio in 1/10,000, at most 65535`;
    throw new InvalidArgument("--ratio", problem, "gov:propose --ratio eth=13500");
  }
  return [name, BigInt(bps)];
}

export default action;
