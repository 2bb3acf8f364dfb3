import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { collateralNamed, describedBy, type Motion, type Vote } from "../src/cast/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { accountAt, type CastContext, castContext } from "./cast-context.ts";
import { callWords } from "./call-words.ts";
import { printProposal, voteOf } from "./gov-context.ts";
import { assertFit, misfitsIn } from "./gov-warnings.ts";
import { callNamed, contractsOf, type NamedContract } from "./governed-calls.ts";
import { reporting } from "./print.ts";

interface Args {
  readonly ratio: string;
  readonly call: string;
  readonly args: string;
  readonly reason: string;
  readonly untried: boolean;
  readonly as: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ ratio, call, args, reason, untried, as, json }, hre) =>
  reporting(json, async () => {
    const wanted = wantedBy({ ratio, call, args });
    const cast = await castContext(hre);
    const contracts = await contractsOf(hre, cast.deployment);
    const vote = voteOf(cast);
    const motion = "ratioBps" in wanted ? await ratioMotion(cast, vote, wanted, reason) : callMotion(contracts, wanted, reason);
    const misfits = await misfitsIn(hre, cast, contracts, motion.calls);
    if (!untried) assertFit(misfits);
    const account = await accountAt(cast, as, json, { soleKey: true });
    const { id, steps, tried } = await vote.propose(account, motion, untried);
    printProposal(json, contracts, {
      account,
      steps,
      proposal: await vote.proposal(id),
      tried,
      warnings: misfits.map(({ words }) => words),
    });
  });

interface Ratio {
  readonly name: string;
  readonly ratioBps: bigint;
}

interface Named {
  readonly call: string;
  readonly args: string;
}

/** What is to be proposed: a ratio or a call. @throws InvalidArgument */
export function wantedBy({ ratio, call, args }: Pick<Args, "ratio" | "call" | "args">): Ratio | Named {
  if ((ratio === "") === (call === "")) {
    throw new InvalidArgument("what to propose", "must be one of --ratio and --call", "gov:propose --ratio eth=13500");
  }
  if (call !== "") return { call, args };
  if (args !== "") throw new InvalidArgument("--args", "are those of --call, which is not given", "gov:propose --ratio eth=13500");
  return ratioOf(ratio);
}

/** @throws InvalidArgument */
function ratioOf(text: string): Ratio {
  const [, name = "", bps = ""] = /^([^=]+)=(\d{1,5})$/.exec(text) ?? [];
  if (bps === "" || Number(bps) > 65_535) {
    const problem = `is '${text}', and must be a collateral and its ratio in 1/10,000, at most 65535`;
    throw new InvalidArgument("--ratio", problem, "gov:propose --ratio eth=13500");
  }
  return { name, ratioBps: BigInt(bps) };
}

/** @throws CollateralUnknown */
async function ratioMotion({ vault, contracts }: CastContext, vote: Vote, { name, ratioBps }: Ratio, reason: string): Promise<Motion> {
  const { pool } = collateralNamed(name, await vault.pools(await vault.newest()), contracts.WETH.address);
  return vote.ratioMotion(pool, ratioBps, reason);
}

/** One call, in words that are read back from it. @throws InvalidArgument */
export function callMotion(contracts: readonly NamedContract[], { call: named, args }: Named, reason: string): Motion {
  const call = callNamed(contracts, named, args);
  return { calls: [call], description: describedBy(`Call ${callWords(contracts, call) ?? call.data}`, reason) };
}

export default action;
