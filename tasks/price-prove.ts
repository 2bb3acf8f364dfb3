import { writeFileSync } from "node:fs";
import { formatUnits, getAddress } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import {
  aggregateFor,
  proofWords,
  type Quote,
  type ReportFile,
  reportOf,
  type ReportRequest,
  reportText,
  type SourceKey,
  sourcesRoot,
} from "../src/price/index.ts";
import { openProver, type Proven } from "../src/price/prove/index.ts";
import { type Block, newestBlock } from "../src/cast/index.ts";
import { networkOf } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { MintdError } from "../src/error.ts";
import { InvalidArgument } from "./arguments.ts";
import { assetNamed, circuitNamed, keyFor, type PriceContext, priceContext, registeredCircuit, sourcesFor } from "./price-context.ts";
import { PRICE_DECIMALS } from "../src/price/feeds/index.ts";
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

/** A key or a set of sources is not the one that the chain knows: no proof of theirs would be accepted there. */
export class NotAsRegistered extends MintdError {
  readonly code = "NOT_AS_REGISTERED";
  constructor(what: string, name: string, network: string) {
    super(`${what} is not the one that is registered for ${name} on ${network}`, {
      hint: `give the registered one, or register this one: npx hardhat circuit:register --circuit ${name} --network ${network}`,
    });
  }
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const named = circuitNamed(args.circuit);
    const assetId = assetNamed(args.asset);
    const recipient = recipientNamed(args.recipient);
    const where = await priceContext(hre);
    const { network } = where.context;
    const { id: circuitId, verifyingKey } = registeredCircuit(where.deployment, named.name);
    const sources = sourcesFor(where, named, args.sources);
    if ((await where.prices.sourcesRoot(assetId, circuitId)) !== sourcesRoot(sources)) {
      throw new NotAsRegistered(`the set of sources of asset ${assetId.toString()}`, named.name, network);
    }
    const setup = await keyFor(where, named, args.folder);
    if (setup.transcript.verifyingKey !== verifyingKey) throw new NotAsRegistered(`the key in ${setup.folder}`, named.name, network);

    const { rpc } = where.context;
    const quotes = await quotesFrom(args, {
      ...{ assetId, sources, local: where.local },
      now: async () => Number((await newestBlock(rpc)).timestamp),
      configured: () => configuredQuotes(where.context, assetId),
    });
    const block = await blockAfter(where, quotes);
    const request = await requestAt(where, { assetId, sources, circuitId, recipient, block });
    const aggregation = aggregateFor(request, quotes);
    const [x, y] = await where.prices.sourcesTerm(assetId, circuitId);
    const { proven, fallback } = await prove(setup, aggregation.inputs);
    const file: ReportFile = {
      chainId: where.deployment.chainId,
      contract: where.address,
      recipient: recipient ?? null,
      report: reportOf(request, aggregation, [x, y]),
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
      { file: args.out, assetId, ...facts, block: request.block, timestamp, backend, ...(fallback && { fallback }), took },
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
  readonly assetId: bigint;
  readonly sources: readonly SourceKey[];
  readonly circuitId: string;
  readonly recipient: string | undefined;
  readonly block: Block;
}

/** For so long a block is waited for that is not before the newest quote; then the quotes are judged as they are. */
const mostWaitMs = 60_000;

/** The newest block, once it is not before any quote: what was signed since the last block would be from the future to it. */
async function blockAfter({ context: { rpc }, deployment }: PriceContext, quotes: readonly Quote[]): Promise<Block> {
  const newest = Math.max(0, ...quotes.map(({ timestamp }) => timestamp));
  const { pollMs } = networkOf(deployment.chainId);
  const until = systemClock.now() + mostWaitMs;
  for (;;) {
    const block = await newestBlock(rpc);
    if (block.timestamp >= BigInt(newest) || systemClock.now() > until) return block;
    await systemClock.pause(pollMs);
  }
}

/** The block's time is the report's: no node's clock has a say, and it is never in the future on the chain. */
async function requestAt({ deployment, prices, address }: PriceContext, wanted: Wanted): Promise<ReportRequest> {
  const { assetId, sources, circuitId, recipient, block } = wanted;
  const [terms, { timestamp: newerThan }] = await Promise.all([prices.termsOf(assetId), prices.latestPrice(assetId)]);
  if (terms.quorum === 0n) throw new NotAsRegistered(`the terms of asset ${assetId.toString()}`, "the circuit", deployment.network);
  return {
    assetId,
    sources,
    quorum: Number(terms.quorum),
    maxDeviationBps: Number(terms.maxDeviationBps),
    maxAge: Number(terms.maxAgeSeconds),
    timestamp: Number(block.timestamp),
    newerThan: Number(newerThan),
    block: { number: block.number, hash: block.hash },
    use: { chainId: BigInt(deployment.chainId), contract: address, circuitId, nonce: 0n, ...(recipient !== undefined && { recipient }) },
  };
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
