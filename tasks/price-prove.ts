import { writeFileSync } from "node:fs";
import { formatUnits, getAddress } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { newestBlock } from "../src/cast/index.ts";
import { networkOf } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { LocalEnclave } from "../src/price/enclave/index.ts";
import { PRICE_DECIMALS } from "../src/price/feeds/index.ts";
import {
  NotAsRegistered,
  proofWords,
  type Quote,
  type ReportFile,
  reportOf,
  reportText,
  requestAt,
  sourcesRoot,
} from "../src/price/index.ts";
import { blockAfter } from "../src/price/keep/index.ts";
import { openProver, type Proven } from "../src/price/prove/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { assetNamed, circuitNamed, priceContext, registeredCircuit, registeredKey, sourcesFor } from "./price-context.ts";
import { configuredQuotes, type QuoteArgs, quotesFrom } from "./price-quotes.ts";
import { factTable, print, reporting, seconds } from "./print.ts";

interface Args extends QuoteArgs {
  readonly circuit: string;
  readonly folder: string;
  readonly sources: string;
  readonly asset: string;
  readonly recipient: string;
  readonly out: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const named = circuitNamed(args.circuit);
    const assetId = assetNamed(args.asset);
    const recipient = recipientNamed(args.recipient);
    const where = await priceContext(hre);
    const { context, deployment, prices, address } = where;
    const { id: circuitId } = registeredCircuit(deployment, named.name);
    const sources = sourcesFor(where, named, args.sources);
    if ((await prices.sourcesRoot(assetId, circuitId)) !== sourcesRoot(sources)) {
      throw new NotAsRegistered(`the set of sources of asset ${assetId.toString()}`, named.name, context.network);
    }
    const setup = await registeredKey(where, named, args.folder);

    const newest = () => newestBlock(context.rpc);
    const quotes = await quotesFrom(args, {
      ...{ assetId, sources, local: where.local },
      now: async () => Number((await newest()).timestamp),
      configured: () => configuredQuotes(context, assetId),
    });
    const block = await blockAfter(quotes, newest, { clock: systemClock, pollMs: networkOf(deployment.chainId).pollMs });
    const terms = await prices.termsOf(assetId);
    if (terms.quorum === 0n) throw new NotAsRegistered(`asset ${assetId.toString()} without terms`, named.name, context.network);
    const use = {
      chainId: BigInt(deployment.chainId),
      contract: address,
      circuitId,
      nonce: 0n,
      ...(recipient !== undefined && { recipient }),
    };
    const request = requestAt({ assetId, sources, use, terms, block });
    const { aggregation, attestation } = await new LocalEnclave().aggregate(request, quotes);
    const [x, y] = await prices.sourcesTerm(assetId, circuitId);
    const { proven, fallback } = await prove(setup, aggregation.inputs);
    const file: ReportFile = {
      chainId: deployment.chainId,
      contract: address,
      recipient: recipient ?? null,
      report: reportOf(request, aggregation.publicInputs.packed, [x, y]),
      proof: proofWords(proven.proof),
    };
    writeFileSync(args.out, reportText(file));

    const used = [aggregation.inputs["enabled"]].flat().filter((each) => each === 1n).length;
    const deviation = deviationOf(quotes.filter((quote) => !aggregation.refused.some((each) => each.quote === quote)));
    const refused = aggregation.refused.map(({ why }) => why);
    const facts = { price: formatUnits(aggregation.price, PRICE_DECIMALS), deviationPercent: deviation, sources: used, refused };
    const { backend, took } = proven;
    const { timestamp } = request;
    print(
      args.json,
      { file: args.out, assetId, ...facts, block: request.block, timestamp, attestation, backend, ...(fallback && { fallback }), took },
      () =>
        [
          factTable([
            ["asset", assetId.toString()],
            ["price", facts.price],
            ["deviation", `${deviation.toFixed(4)} %, below ${(request.maxDeviationBps / 100).toFixed(2)} %`],
            ["sources used", `${used} of ${sources.length}, ${request.quorum} are needed`],
            ["quotes refused", refused.length === 0 ? "none" : refused.join(", ")],
            ["block", `${request.block.number} ${request.block.hash.slice(0, 18)}…`],
            ["timestamp", new Date(timestamp * 1_000).toISOString()],
            ["who may bring it", recipient ?? "anybody"],
            ["aggregated in", attestation.statement],
            ["prover", backend],
            ["witness", seconds(took.witnessMs)],
            ["proof", seconds(took.provingMs)],
            ["report", args.out],
          ]),
          ...(fallback === undefined ? [] : [`the portable prover was used: ${fallback}`]),
        ].join("\n"),
    );
  });

/** Prices in percent of the lowest, rounded down to a ten-thousandth. */
function deviationOf(quotes: readonly Quote[]): number {
  const sorted = quotes.map(({ price }) => price).sort((one, other) => (one < other ? -1 : 1));
  const [lowest = 1n, highest = lowest] = [sorted[0], sorted.at(-1)];
  return Number(((highest - lowest) * 1_000_000n) / lowest) / 10_000;
}

async function prove(
  files: Parameters<typeof openProver>[0],
  inputs: Parameters<ReturnType<typeof openProver>["prove"]>[0],
): Promise<{ readonly proven: Proven; readonly fallback: string | undefined }> {
  let fallback: string | undefined;
  const prover = openProver(files, { onFallback: (reason) => (fallback = reason) });
  try {
    return { proven: await prover.prove(inputs), fallback };
  } finally {
    await prover.close();
  }
}

/** @throws InvalidArgument */
function recipientNamed(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    return getAddress(text);
  } catch {
    throw new InvalidArgument("--recipient", `is '${text}', which is no address`, "--recipient 0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
  }
}

export default action;
