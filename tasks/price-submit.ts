import { formatUnits } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { MintdError } from "../src/error.ts";
import { quotedFrom, readReport, type ReportFile, unpackReport } from "../src/price/index.ts";
import { type PriceContext, priceContext, textOf } from "./price-context.ts";
import { PRICE_DECIMALS } from "../src/price/feeds/index.ts";
import { factTable, print, reporting } from "./print.ts";

/** The proof is bound to something else than where it was to be used. Nothing was sent. */
export class ReportForElsewhere extends MintdError {
  readonly code = "REPORT_FOR_ELSEWHERE";
  constructor(what: string) {
    super(`the report is for ${what}`, { hint: "prove the price anew for where it is to be used: npx hardhat price:prove" });
  }
}

const action: NewTaskActionFunction<{ readonly file: string; readonly json: boolean }> = ({ file, json }, hre) =>
  reporting(json, async () => {
    const given = readReport(textOf(file), file);
    const where = await priceContext(hre);
    assertFor(given, where);
    const { report, proof } = given;
    const said = unpackReport(report.packed);
    const { assetId, price, blockNumber } = said;
    const timestamp = quotedFrom(said);
    const data = where.prices.interface.encodeFunctionData("submit", [proof as never, report as never]);
    const sent = await where.account.send({ to: where.address, data });
    const shown = formatUnits(price, PRICE_DECIMALS);
    print(json, { assetId, price: shown, timestamp, blockNumber, ...sent }, () =>
      factTable([
        ["asset", assetId.toString()],
        ["price", shown],
        ["its oldest quote", new Date(timestamp * 1_000).toISOString()],
        ["proven at block", String(blockNumber)],
        ["transaction", sent.hash],
        ["in block", String(sent.block)],
        ["gas", Number(sent.gasUsed)],
      ]),
    );
  });

/** The report is for this chain and contract, and anybody may post it. @throws ReportForElsewhere */
export function assertFor(
  { chainId, contract, recipient }: ReportFile,
  { deployment, address }: { readonly deployment: Pick<PriceContext["deployment"], "chainId" | "network">; readonly address: string },
): void {
  if (chainId !== deployment.chainId) throw new ReportForElsewhere(`chain ${chainId}, and ${deployment.network} is ${deployment.chainId}`);
  if (contract.toLowerCase() !== address.toLowerCase()) throw new ReportForElsewhere(`the contract ${contract}, and this is ${address}`);
  if (recipient !== null) throw new ReportForElsewhere(`${recipient} alone, who uses it in a transaction of its own`);
}

export default action;
