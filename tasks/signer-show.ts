import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { mintersOf, readSigners } from "../scripts/deployment/announced.ts";
import { readRoles } from "../scripts/deployment/roles.ts";
import { guardiansOf } from "../scripts/deployment/signers.ts";
import { isoOf } from "../src/cast/index.ts";
import { addressOf } from "./context.ts";
import { print, reporting, rowTable } from "./print.ts";
import { fromWords, minterCalled, type SignerArgs, signerContext, signerNamed } from "./signer-context.ts";

const action: NewTaskActionFunction<Omit<SignerArgs, "as">> = ({ signer, contract, json }, hre) =>
  reporting(json, async () => {
    const { context, deployment } = await signerContext(hre);
    const contracts = contract === "" ? mintersOf(deployment) : [minterCalled(deployment, contract)];
    const asked = signer === "" ? undefined : signerNamed(signer);
    // The configured signer is shown even where the chain has lost the logs that told of it.
    const { at, standings } = await readSigners(context.rpc, deployment, contracts, [asked ?? addressOf(context.keys.voucher)]);
    const shown = asked === undefined ? standings : standings.filter((each) => each.signer.toLowerCase() === asked.toLowerCase());
    const table = await readRoles(context.rpc, deployment);
    const mayCancel = Object.fromEntries(contracts.map((each) => [each, guardiansOf(table, each).map(({ account }) => account)]));
    print(json, { block: at.number, signers: shown, mayCancel }, () =>
      rowTable(
        ["contract", "account", "signs", "announced", "may be cancelled by"],
        shown.map(({ contract: name, signer: account, granted, announced }) => [
          ...[name, account, granted ? "yes" : "no"],
          announced.map(({ by, from, until }) => `by ${by}\nfrom ${fromWords(from, at.timestamp)}\nuntil ${isoOf(until)}`).join("\n") ||
            "no",
          announced.length === 0 ? "" : (mayCancel[name] ?? []).join("\n"),
        ]),
      ),
    );
  });

export default action;
