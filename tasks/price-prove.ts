import { formatUnits, getAddress } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { networkOf } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { type Block, newestBlock } from "../src/cast/index.ts";
import { LocalEnclave } from "../src/price/enclave/index.ts";
import { PRICE_DECIMALS } from "../src/price/feeds/index.ts";
import {
  assertQuorumFits,
  type AssetTerms,
  NotAsRegistered,
  proofWords,
  type Quote,
  type ReportFile,
  reportOf,
  reportText,
  requestAt,
  type SourceKey,
  sourcesRoot,
} from "../src/price/index.ts";
import { blockAfter } from "../src/price/keep/index.ts";
import { openProver, type Proven } from "../src/price/prove/index.ts";
import { InvalidArgument } from "./arguments.ts";
import {
  assetNamed,
  circuitNamed,
  type PriceContext,
  priceContext,
  registeredCircuit,
  registeredKey,
  sourcesFor,
} from "./price-context.ts";
import { assertWritable, writeWhole } from "./price-out.ts";
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
    assertWritable(args.out);
    const where = await priceContext(hre);
    const { context, deployment, address } = where;
    const { id: circuitId } = registeredCircuit(deployment, named.name);
    const sources = sourcesFor(where, named, args.sources);
    const wanted = { name: named.name, assetId, sources, circuitId };
    await registeredAt(where, wanted, await newestBlock(context.rpc));
    const setup = await registeredKey(where, named, args.folder);

    const newest = () => newestBlock(context.rpc);
    const quotes = await quotesFrom(args, {
      ...{ assetId, sources, local: where.local },
      now: async () => Number((await newest()).timestamp),
      configured: () => configuredQuotes(where, assetId),
    });
    const { pollMs } = networkOf(deployment.chainId);
    const block = await blockAfter(quotes, newest, { assetId, sources }, { clock: systemClock, pollMs });
    const { terms, sourcesTerm, newerThan } = await registeredAt(where, wanted, block);
    const use = {
      chainId: BigInt(deployment.chainId),
      contract: address,
      circuitId,
      nonce: 0n,
      ...(recipient !== undefined && { recipient }),
    };
    const request = requestAt({ assetId, sources, use, terms, newerThan, block });
    const { aggregation, attestation } = await new LocalEnclave().aggregate(request, quotes);
    const { proven, fallback } = await prove(setup, aggregation.inputs);
    const file: ReportFile = {
      chainId: deployment.chainId,
      contract: address,
      recipient: recipient ?? null,
      report: reportOf(request, aggregation.publicInputs.packed, sourcesTerm),
      proof: proofWords(proven.proof),
    };
    writeWhole(args.out, reportText(file));

    const used = [aggregation.inputs["enabled"]].flat().filter((each) => each === 1n).length;
    const deviation = deviationOf(quotes.filter((quote) => !aggregation.refused.some((each) => each.quote === quote)));
    const refused = aggregation.refused.map(({ why }) => why);
    const facts = { price: formatUnits(aggregation.price, PRICE_DECIMALS), deviationPercent: deviation, sources: used, refused };
    const { backend, took } = proven;
    const { timestamp } = request;
    const { quotedFrom } = aggregation;
    print(
      args.json,
      {
        file: args.out,
        assetId,
        ...facts,
        block: request.block,
        timestamp,
        quotedFrom,
        attestation,
        backend,
        ...(fallback && { fallback }),
        took,
      },
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
            ["oldest quote", `${new Date(quotedFrom * 1_000).toISOString()}, the price's second on chain`],
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

interface Wanted {
  /** The circuit's. */
  readonly name: string;
  readonly assetId: bigint;
  readonly sources: readonly SourceKey[];
  readonly circuitId: string;
}

/**
 * What the contract holds a proof of this asset by this circuit to, all of it after one block.
 * @throws NotAsRegistered, QuorumDoesNotFit no proof would be accepted, or one that a minority could have made
 */
async function registeredAt(
  { prices, deployment: { network } }: PriceContext,
  { name, assetId, sources, circuitId }: Wanted,
  { hash: blockTag }: Block,
): Promise<{ readonly terms: AssetTerms; readonly sourcesTerm: readonly [bigint, bigint]; readonly newerThan: number }> {
  if ((await prices.sourcesRoot(assetId, circuitId, { blockTag })) !== sourcesRoot(sources)) {
    throw new NotAsRegistered(`the set of sources of asset ${assetId.toString()}`, name, network);
  }
  const terms = await prices.termsOf(assetId, { blockTag });
  assertQuorumFits(assetId, Number(terms.quorum), sources.length);
  const [x, y] = await prices.sourcesTerm(assetId, circuitId, { blockTag });
  const { timestamp } = await prices.latestPrice(assetId, { blockTag });
  return { terms, sourcesTerm: [x, y], newerThan: Number(timestamp) };
}

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
