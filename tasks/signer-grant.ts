import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { readRoles } from "../scripts/deployment/roles.ts";
import { type Grant, grantSigner, guardiansOf, type SignerOf } from "../scripts/deployment/signers.ts";
import { isoOf, NotALocalChain, warpTo } from "../src/cast/index.ts";
import { networkOf } from "../src/chain/index.ts";
import { accountAt, stepLines } from "./cast-context.ts";
import { print, reporting } from "./print.ts";
import { fromWords, type SignerArgs, signerContext, signerOf } from "./signer-context.ts";

interface Args extends SignerArgs {
  readonly warp: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const where = await signerContext(hre);
    const { deployment, context } = where;
    const of = signerOf(deployment, args);
    const { chainId, network } = deployment;
    if (args.warp && networkOf(chainId).isPublic) throw new NotALocalChain(`${network} (chain ${chainId})`);
    const account = await accountAt(where, args.as, args.json, { soleKey: true });
    const grant = await grantSigner(account, of, { warp: args.warp ? (to) => warpTo(context.rpc, to) : undefined });
    const guardians = grant.outcome === "announced" ? guardiansOf(await readRoles(context.rpc, deployment), of.contract) : [];
    const mayCancel = guardians.map((each) => each.account);
    const { steps, ...standing } = grant;
    const { contract, signer } = of;
    print(args.json, { account: account.address, contract, signer, ...standing, mayCancel, transactions: steps }, () =>
      [...stepLines(steps), grantWords(of, grant, mayCancel)].join("\n"),
    );
  });

function grantWords({ contract, signer }: SignerOf, grant: Grant, mayCancel: readonly string[]): string {
  if (grant.outcome === "held") return `${signer} signs for ${contract} already; nothing was sent`;
  if (grant.outcome === "granted") return `${signer} signs for ${contract}`;
  const { from, now, until, steps } = grant;
  return [
    `${signer} is announced for ${contract}${steps.length === 0 ? " already; nothing was sent" : ""}`,
    `run this again from ${fromWords(from, now)}, until ${isoOf(until)}: then it is granted`,
    `until then it can be cancelled with signer:revoke by ${mayCancel.join(", ") || "nobody but who announced it"}`,
  ].join("\n");
}

export default action;
