import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { revokeSigner } from "../scripts/deployment/signers.ts";
import { accountAt, stepLines } from "./cast-context.ts";
import { print, reporting } from "./print.ts";
import { type SignerArgs, signerContext, signerOf } from "./signer-context.ts";

const action: NewTaskActionFunction<SignerArgs> = (args, hre) =>
  reporting(args.json, async () => {
    const where = await signerContext(hre);
    const of = signerOf(where.deployment, args);
    const account = await accountAt(where, args.as, args.json, { soleKey: true });
    const steps = await revokeSigner(account, of);
    const { contract, signer } = of;
    print(args.json, { account: account.address, contract, signer, transactions: steps }, () =>
      [
        ...stepLines(steps),
        steps.length === 0
          ? `${signer} is neither a signer of ${contract} nor announced as one; nothing was sent`
          : `${signer} is no signer of ${contract}, and not announced as one`,
      ].join("\n"),
    );
  });

export default action;
