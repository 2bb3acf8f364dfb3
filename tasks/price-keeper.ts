import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type Block, settled } from "../src/cast/index.ts";
import { networkOf } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { LocalEnclave } from "../src/price/enclave/index.ts";
import { collectQuotes, type QuoteSource, quoteSourcesOf, SourceHealth } from "../src/price/feeds/index.ts";
import { follow, type KeptAsset, PriceKeeper, type PriceKeeperEvent, ProvenPrices } from "../src/price/keep/index.ts";
import { openProver, ProofCache } from "../src/price/prove/index.ts";
import { priceKeeperTelemetry } from "../src/telemetry/index.ts";
import { settledUntil } from "./accounts.ts";
import { InvalidArgument } from "./arguments.ts";
import { atEnd } from "./at-end.ts";
import { Interrupted, stopOnSignal } from "./interrupt.ts";
import { servedMetrics } from "./keeper-metrics.ts";
import {
  assetNamed,
  circuitNamed,
  type PriceContext,
  priceContext,
  registeredCircuit,
  registeredKey,
  sourcesFor,
} from "./price-context.ts";
import { assetReports, hasFailed, keeperTables, wordsOf } from "./price-keeper-report.ts";
import { jsonLine, print, reporting } from "./print.ts";
import { secretNamed } from "./secrets.ts";

interface Args {
  readonly assets: string;
  readonly circuit: string;
  readonly folder: string;
  readonly sources: string;
  readonly deviation: number;
  readonly heartbeat: number;
  readonly workers: number;
  readonly metricsPort: number;
  readonly once: boolean;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const { once, json } = args;
    const named = circuitNamed(args.circuit);
    const assets = assetsNamed(args.assets);
    const freshness = {
      deviationBps: within("--deviation", args.deviation, 10_000),
      heartbeatSeconds: within("--heartbeat", args.heartbeat, 31_536_000),
    };
    const workers = within("--workers", args.workers, 64);
    const names = assets.map(({ name }) => name);
    const meter = await servedMetrics(args.metricsPort, () => priceKeeperTelemetry({ clock: systemClock, assets: names }));
    const where = await priceContext(hre);
    const { deployment, address: contract, account } = where;
    const { id: circuitId } = registeredCircuit(deployment, named.name);
    const keys = sourcesFor(where, named, args.sources);
    const asked = await sourcesOf(where, assets);
    const setup = await registeredKey(where, named, args.folder);

    const over = new AbortController();
    /** What is waited for when it is told to stop, in words. */
    let waited = (): string | undefined => "an earlier run's transaction may be on its way still: the next run waits for it";
    atEnd(
      stopOnSignal(() => {
        over.abort();
        const words = waited();
        if (words !== undefined) console.error(words);
      }),
    );
    // Before the chain is read: a report that is in the pool already would be proven and sent once more.
    if (!(await settledUntil(account, over.signal))) {
      if (once) throw new Interrupted();
      return;
    }

    const events: PriceKeeperEvent[] = [];
    const onEvent = (event: PriceKeeperEvent): void => {
      meter(event);
      if (once) events.push(event);
      else if (json) console.log(jsonLine(event));
      else console.log(wordsOf(event));
    };
    const { pollMs } = networkOf(deployment.chainId);
    const pause = (signal: AbortSignal): Promise<void> => systemClock.pause(pollMs, signal);
    const health = new SourceHealth();
    const { timeoutMs } = where.context.config.prices;
    const chain = new ProvenPrices(account, { contract, circuitId });
    /** The newest block, of which the metrics hear as well. */
    const newest = async (): Promise<Block> => {
      const at = await chain.newest();
      meter({ kind: "block", number: at.number, timestamp: at.timestamp });
      return at;
    };
    const enclave = new LocalEnclave();
    const sayFallback = (reason: string): void => {
      console.error(`the portable prover is used: ${reason}`);
    };
    const prover = openProver(setup, { workers, queue: assets.length, onFallback: sayFallback });
    try {
      const keeper = new PriceKeeper(assets, {
        ...{ chain, enclave, proofs: new ProofCache(prover), sources: keys, freshness, clock: systemClock, pollMs, onEvent },
        use: { chainId: BigInt(deployment.chainId), contract, circuitId, nonce: 0n },
        registry: { circuit: named.name, network: where.context.network },
        collect: (asset, signal) => collectQuotes(asked.get(asset) ?? [], asset, { signal, timeoutMs, health: healthOf(asset, health) }),
      });
      waited = () => waitingFor(keeper);
      if (!json) console.error(`as ${account.address}, ${names.join(", ")} by ${named.name} and the ${prover.backend} prover`);
      if (once) await keeper.pass(await newest(), over.signal);
      else await follow(keeper, { newest }, { signal: over.signal, pause, onEvent });
      // What was sent is waited for even when it was told to end: whoever asks again would send it again.
      await settled(keeper, { signal: new AbortController().signal, pause, onEvent });
    } finally {
      await prover.close();
    }
    if (!once) return;
    if (over.signal.aborted) throw new Interrupted();
    const report = {
      account: account.address,
      circuit: named.name,
      backend: prover.backend,
      assets: assetReports(assets, events),
      sources: health.report(),
    };
    print(json, report, () => keeperTables(report));
    if (hasFailed(report.assets)) process.exitCode = 1;
  });

/** What a keeper that is told to stop waits for, in words. */
function waitingFor({ inFlight, handingOver }: Pick<PriceKeeper, "inFlight" | "handingOver">): string | undefined {
  const what = [
    ...(handingOver > 0 ? [`${handingOver} report(s) to be handed over`] : []),
    ...(inFlight > 0 ? [`${inFlight} transaction(s) to be mined`] : []),
  ];
  return what.length === 0 ? undefined : `waiting for ${what.join(" and ")}; once more ends at once`;
}

/** One's own sources of each asset. @throws InvalidArgument an asset has none; InvalidFeed, FeedSequencerMissing, InvalidSourceKey, SecretMissing */
async function sourcesOf(
  { context: { hre, config, rpc }, deployment }: PriceContext,
  assets: readonly KeptAsset[],
): Promise<Map<KeptAsset, QuoteSource[]>> {
  const asked = new Map<KeptAsset, QuoteSource[]>();
  for (const asset of assets) {
    const sources = await quoteSourcesOf(config.prices.sources, asset.assetId, {
      ...{ rpc, network: networkOf(deployment.chainId) },
      secretNamed: (name) => secretNamed(hre, name),
    });
    if (sources.length === 0)
      throw new InvalidArgument("--assets", `has ${asset.name}, of which prices.sources has no source`, "--assets ETH");
    asked.set(asset, sources);
  }
  return asked;
}

/** Names of sources are told apart within an asset alone. */
const healthOf = ({ name }: KeptAsset, health: SourceHealth): Pick<SourceHealth, "succeeded" | "failed"> => ({
  succeeded(source, atMs) {
    health.succeeded(`${name}/${source}`, atMs);
  },
  failed(source, code, atMs) {
    health.failed(`${name}/${source}`, code, atMs);
  },
});

/** @throws InvalidArgument */
function assetsNamed(list: string): KeptAsset[] {
  const assets = list.split(",").map((each) => ({ name: each.trim(), assetId: assetNamed(each.trim()) }));
  if (new Set(assets.map(({ assetId }) => assetId)).size === assets.length) return assets;
  throw new InvalidArgument("--assets", `is '${list}', which names an asset twice`, "--assets ETH,BTC");
}

/** @throws InvalidArgument */
function within(name: string, value: number, most: number): number {
  if (value >= 1 && value <= most) return value;
  throw new InvalidArgument(name, `is ${value}, and must be 1 to ${most}`, `${name} 1`);
}

export default action;
