import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AccountNonces,
  adoptHistory,
  adoptionStream,
  BatchMaker,
  batchGas,
  bindStore,
  checkChain,
  checkFunds,
  checkMinter,
  Confirmations,
  type Deployment,
  Dispatcher,
  type EndpointState,
  type FeeLimits,
  FeeOracle,
  Funds,
  type Header,
  Lane,
  type LaneNotice,
  Lanes,
  lanesInUse,
  type MinterName,
  Minting,
  MintLogReader,
  networkOf,
  patiently,
  type Pricing,
  replacementFees,
  type Rpc,
  TimeSources,
  timeSourcesOf,
  transactionGasLimit,
  type TwoStageParts,
  Upkeep,
} from "./chain/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Compensation, lastEvents, openSqliteTaskQueue, queuePathBeside } from "./compensate/index.ts";
import type { MintdConfig } from "./config/index.ts";
import { type BulkSigner, Issuer, SigningPool } from "./issue/index.ts";
import { BlockClock, drawnSlice, follow, isDrift, VoucherNonces } from "./nonce/index.ts";
import { ConflictPath, DrawnNumbers, type MintRequest, OrderBook, type OrderBookOptions } from "./order/index.ts";
import { driveAgainTask, registerRepairs } from "./repairs.ts";
import type { Secret } from "./secret.ts";
import { type EventStore, openSqliteStore, VersionConflict } from "./store/index.ts";
import { type LaneView, Telemetry } from "./telemetry/index.ts";
import type { Reach } from "./write-ahead.ts";
import { type DigestSigner, nativeSigner, type VoucherDomain } from "./voucher/index.ts";

export interface MintdOptions {
  readonly config: MintdConfig;
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  /** Which of the deployed minters; default VoucherMinter. */
  readonly minter?: MinterName;
  /** File of the event store. */
  readonly storePath: string;
  /** One for each lane, at least one. */
  readonly laneKeys: readonly Secret[];
  readonly voucherKey: Secret;
  readonly clock?: Clock;
  /** Hears what goes wrong while minting goes on: doubt, a dear chain, foreign transactions. */
  readonly onTrouble?: (error: unknown) => void;
  /** Hears what happens to the lanes besides their orders' events. */
  readonly onNotice?: (notice: LaneNotice) => void;
  /** Hears how many mints of the chain's past became orders of a store that did not know them. */
  readonly onAdopted?: (orders: number) => void;
  /** Hears of blocks that were reorganised away. */
  readonly onReorg?: (orphaned: readonly Header[]) => void;
  /** The state of the endpoints behind `rpc`, where it has any; for metrics. */
  readonly endpoints?: () => Promise<readonly EndpointState[]>;
  /** Called at the labelled points of the write-ahead path; for tests that end the process there. */
  readonly reach?: Reach;
}

/** The running service. */
export interface Mintd extends AsyncDisposable {
  readonly store: EventStore;
  readonly book: OrderBook;
  readonly numbers: VoucherNonces;
  readonly lanes: Lanes;
  readonly funds: Funds;
  readonly confirmations: Confirmations;
  readonly minting: Minting;
  readonly compensation: Compensation;
  /** The chain's time between blocks, for hybrid nonces. */
  readonly blockClock: BlockClock;
  readonly voucherSigner: DigestSigner;
  readonly domain: VoucherDomain;
  /** Issues vouchers that their holders redeem; by default from now by `blockClock`, which refuses while it does not know. */
  readonly issuer: Issuer;
  /** What redeeming a single voucher needs. */
  readonly twoStage: TwoStageParts;
  readonly telemetry: Telemetry;
  /** Checks chain, contracts, roles and funds, brings back what a former run left, and begins to mint. */
  start(): Promise<void>;
  /** Lets what is being recorded finish and releases everything. What is not final is taken up by the next start. */
  stop(): Promise<void>;
}

/**
 * Puts the service together: config -> adapters -> service. The only place that constructs adapters.
 * @throws ChainMismatch, GenesisMismatch, NoCodeAtAddress, SignerNotAuthorised, LaneMissing, InsufficientFunds,
 * LogFileUnwritable, and the store's errors; `start` also TelemetryPortInUse
 */
export async function openMintd(options: MintdOptions): Promise<Mintd> {
  const { config, clock = systemClock, storePath } = options;
  const { level = config.log.file === undefined ? "silent" : "info", file } = config.log;
  const { port } = config.telemetry;
  const telemetry = new Telemetry({
    clock,
    level,
    ...(port !== undefined && { port }),
    ...(file !== undefined && { logFile: resolve(dirname(storePath), file) }),
  });
  try {
    return await assemble(options, telemetry);
  } catch (error) {
    telemetry.failed(error);
    await telemetry.close();
    throw error;
  }
}

async function assemble(options: MintdOptions, telemetry: Telemetry): Promise<Mintd> {
  const {
    config,
    rpc,
    deployment,
    clock = systemClock,
    onTrouble = () => undefined,
    onReorg = () => undefined,
    onAdopted = () => undefined,
    onNotice = () => undefined,
    reach = () => undefined,
  } = options;
  const minter = options.minter ?? "VoucherMinter";
  const { address } = deployment.contracts[minter];
  const { chainId } = deployment;
  const usual = networkOf(chainId);
  const network = { ...usual, pollMs: config.rpc.pollMs ?? usual.pollMs, laneWindow: config.lane.window ?? usual.laneWindow };
  const voucherSigner = nativeSigner(options.voucherKey);

  await patiently(clock, () => checkChain(rpc, deployment));
  await patiently(clock, () => checkMinter(rpc, deployment, minter, voucherSigner.address));
  const maxGas = await patiently(clock, () => transactionGasLimit(rpc, config.batch.maxGas));
  const bare = await openSqliteStore({ path: options.storePath, now: () => clock.now() });
  const opened: { close(): Promise<void> }[] = [bare];
  try {
    const store = await telemetry.observeStore(bare);
    const hear = (error: unknown) => {
      telemetry.trouble(error);
      onTrouble(error);
    };
    await bindStore(store, deployment);
    const reader = new MintLogReader(rpc, address);
    const past = { store, rpc, reader, chainId, minter: address, deployedAt: deployment.block };
    const adopted = await patiently(clock, () => adoptHistory(past));
    if (adopted > 0) onAdopted(adopted);
    const queue = await openSqliteTaskQueue({ path: queuePathBeside(options.storePath), role: "worker", now: () => clock.now() });
    opened.push(queue);
    const compensation = new Compensation({
      ...{ queue, clock, onTrouble: hear },
      onReplaced() {
        telemetry.workerReplaced();
      },
      random: Math.random,
      history: (streams) => lastEvents(store, streams),
    });
    const book = await OrderBook.open(store, {
      ...bookOptions(address, config, clock, hear),
      defer: async (work) => (await compensation.put(work)).id,
    });
    telemetry.followOrders(book);
    telemetry.observeQueue(() => compensation.depths());
    const { endpoints } = options;
    if (endpoints) {
      const shown = ({ host, lagBlocks, ...each }: EndpointState) => ({
        ...each,
        endpoint: host,
        ...(lagBlocks !== undefined && { headLag: lagBlocks }),
      });
      telemetry.observeEndpoints(async () => (await endpoints()).map(shown));
    }
    const numbers = await openNumbers(store, deployment.chainId, address, config);
    telemetry.observeNumbers(() => ({ ...numbers.counts, leases: numbers.ledger.state.leases }));
    const fail = (error: unknown) => {
      minting.fail(error);
    };
    const notify = (notice: LaneNotice) => {
      onNotice(notice);
      telemetry.heard(notice);
      if ("error" in notice) onTrouble(notice.error);
    };
    const nonces = new AccountNonces(rpc, clock);
    const lanes = new Lanes(
      await Promise.all(
        options.laneKeys.map((key) =>
          Lane.open({
            ...{ store, book, rpc, nonces, chainId, clock, notify, reach, onFatal: fail },
            signer: nativeSigner(key),
            network: network.name,
            mostInFlight: network.laneWindow,
            firstInFlight: network.isPublic ? 16 : network.laneWindow,
          }),
        ),
      ),
    );
    for (const lane of lanes)
      telemetry.remember(
        lane.address,
        [...lane.state.open.values()].flatMap(({ attempts }) => attempts),
      );
    await lanesInUse(store, book, chainId, lanes);
    const feeLimits = { maxFeePerGas: gwei(config.fees.maxFeePerGasGwei), priorityFee: gwei(config.fees.priorityFeeGwei) };
    const pricing = pricingOf(new FeeOracle({ rpc, clock, network, limits: feeLimits }), feeLimits);
    const funds = new Funds(rpc);
    telemetry.observeLanes(() => [...lanes].map((lane) => viewOf(lane, funds)));
    const upkeep = new Upkeep({ lanes, nonces, funds, pricing, network: network.name, notify });
    await patiently(clock, () => upkeep.reconcile());
    const blockClock = new BlockClock({ times: network.blockTimes, monotonic });
    telemetry.observeBlockClock(() => blockClock.reading());
    const timeSources = new TimeSources({
      sources: timeSourcesOf(config.clock.sources, clock, monotonic),
      clock,
      hear(source, reading) {
        blockClock.hear(source, reading);
      },
      onTrouble: hear,
    });
    const confirmations = await Confirmations.open({
      ...{ store, book, lanes, upkeep, clock, rpc, reader, chainId, reach, monotonic },
      onLook(look) {
        follow(blockClock, look);
      },
      onReorg(orphaned) {
        telemetry.reorg(orphaned);
        onReorg(orphaned);
      },
      finality: config.confirmations.finality,
      lookAfterMs: 2 * network.blockTimeMs,
      oneNode: !network.isPublic,
      minter: address,
      deployedAt: deployment.block,
    });
    const domain = { chainId, verifyingContract: address };
    const dispatcher = new Dispatcher({
      book,
      lanes: [...lanes],
      takesUsers: (lane) => lane.state.duty === "open" && !funds.isLow(lane),
      releasesUsers: (lane) => lane.state.duty === "draining" || (lane.state.duty === "open" && funds.isLow(lane)),
      isOpen: (carrier) => lanes.isOpen(carrier),
      limits: { ...config.batch, maxGas },
    });
    const signing = new SigningPool({ key: options.voucherKey });
    const roughly = () => blockClock.roughly(confirmations.tip?.timestamp, machineSecond(clock));
    const drawn = new DrawnNumbers();
    const issuer = new Issuer({ book, numbers, drawn, signer: signing, domain, clock: blockClock, roughly });
    const batches = new BatchMaker({ book, rpc, numbers, drawn, signer: voucherSigner, domain });
    const minting = new Minting({
      ...{ book, dispatcher, batches, lanes, funds, upkeep, confirmations, pricing, network, clock, onTrouble: hear, notify, reach },
      lookInMs: () => (config.rpc.pollMs === undefined ? blockClock.lookInMs(network.pollMs) : network.pollMs),
      compensate: async (orderId) => {
        await compensation.put(driveAgainTask(orderId, book.get(orderId)?.version ?? 0));
      },
    });
    minting.failure.catch((error: unknown) => {
      telemetry.failed(error);
    });
    registerRepairs(compensation, { book, minting, lanes, pricing });
    const laneFor = (request: MintRequest): Lane => {
      const lane = lanes.of(dispatcher.laneFor(request));
      if (!lane) throw new TypeError("the dispatcher knows the lanes alone");
      return lane;
    };
    const stop = async (): Promise<void> => {
      const ends = [
        () => minting.stop(),
        () => compensation.drain(),
        ...[timeSources, signing, lanes, confirmations, book, queue, store, telemetry].map((each) => () => each.close()),
      ];
      // Each, whatever became of the one before: a store that failed must not leave locks, threads and ports behind.
      const errors: unknown[] = [];
      for (const end of ends) await end().catch((error: unknown) => errors.push(error));
      if (errors.length > 0) throw errors[0];
    };
    return {
      store,
      book,
      numbers,
      lanes,
      funds,
      confirmations,
      minting,
      compensation,
      blockClock,
      voucherSigner,
      domain,
      issuer,
      twoStage: { store, book, laneFor, rpc, domain, pricing },
      telemetry,
      async start() {
        try {
          await telemetry.start();
          await patiently(clock, () => checkFunds(rpc, lanes.addresses, chainId, batchGas([1])));
          timeSources.start();
          await minting.start();
          compensation.start();
        } catch (error) {
          telemetry.failed(error);
          throw error;
        }
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    for (const each of opened.reverse()) await each.close();
    throw error;
  }
}

export interface IssuingOptions {
  readonly config: MintdConfig;
  readonly deployment: Deployment;
  /** Which of the deployed minters; default VoucherMinter. */
  readonly minter?: MinterName;
  /** File of the event store; the service's own, so not beside a running one. */
  readonly storePath: string;
  readonly voucherKey: Secret;
  /** In place of the pool that signs with `voucherKey` in threads, e.g. `inline` of a remote signer. */
  readonly signer?: BulkSigner;
  /** Chain time as far as it is known here; by default the machine's clock. */
  readonly seconds?: { second(): number };
  readonly clock?: Clock;
  readonly onTrouble?: (error: unknown) => void;
}

/** Stage 1 alone, without a chain. */
export interface Issuing extends AsyncDisposable {
  readonly issuer: Issuer;
  readonly book: OrderBook;
  readonly store: EventStore;
  /**
   * Whether this store was ever brought up to what the chain had before it. Where it was not, an id that was minted by a
   * store that is lost would look new.
   */
  readonly knowsHistory: boolean;
  close(): Promise<void>;
}

/**
 * Opens what issuing vouchers needs: the store, its orders and numbers, and the signer. Nothing here asks a chain.
 * @throws GenesisMismatch (the store is another chain's), InvalidPrivateKey, and the store's errors, e.g. StoreInUse
 */
export async function openIssuing(options: IssuingOptions): Promise<Issuing> {
  const { config, deployment, storePath, clock = systemClock, onTrouble = () => undefined } = options;
  const { chainId } = deployment;
  const { address } = deployment.contracts[options.minter ?? "VoucherMinter"];
  const signer = options.signer ?? new SigningPool({ key: options.voucherKey });
  const store = await openSqliteStore({ path: storePath, now: () => clock.now() });
  try {
    await bindStore(store, deployment);
    const [adopted = 0] = await store.versions([adoptionStream(chainId, address)]);
    const book = await OrderBook.open(store, bookOptions(address, config, clock, onTrouble));
    const numbers = await openNumbers(store, chainId, address, config);
    const domain = { chainId, verifyingContract: address };
    const seconds = options.seconds ?? { second: () => machineSecond(clock) };
    const close = async (): Promise<void> => {
      await signer.close();
      await book.close().finally(() => store.close());
    };
    const issuer = new Issuer({ book, numbers, signer, domain, clock: seconds });
    return { issuer, book, store, knowsHistory: adopted > 0, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Milliseconds that no set clock moves. */
const monotonic = (): number => performance.now();
const pause = (ms: number): Promise<void> => sleep(ms);

/** A minter's voucher numbers, spread over as many shards as the settings say. */
async function openNumbers(store: EventStore, chainId: number, minter: string, { nonce: { shards } }: MintdConfig): Promise<VoucherNonces> {
  const numbers = await VoucherNonces.open({
    ...{ store, chainId, minter, shards, now: monotonic, firstWord: drawnSlice(Math.random()) },
    rerouting: (ledger) =>
      new ConflictPath({ ...{ isConflict: isDrift, pause, now: monotonic, random: Math.random }, shardMap: () => ledger.map }),
  });
  if (numbers.ledger.map.shards !== shards) await numbers.ledger.remap(shards);
  return numbers;
}

function bookOptions(minter: string, config: MintdConfig, clock: Clock, onTrouble: (error: unknown) => void): OrderBookOptions {
  return {
    ...{ minter, maxOpen: config.orders.maxOpen, maxIssued: config.orders.maxIssued, onTrouble },
    ...{ monotonic, pause, random: Math.random },
    now: () => clock.now(),
    isConflict: (error) => error instanceof VersionConflict,
  };
}

const machineSecond = (clock: Clock): number => Math.floor(clock.now() / 1_000);

/** A lane as a scrape shows it. */
const viewOf = (lane: Lane, funds: Funds): LaneView => {
  const { nextNonce, duty } = lane.state;
  const balanceWei = funds.balance(lane);
  return {
    ...{ lane: lane.address, inFlight: lane.inFlight, window: lane.window.limit, paused: duty !== "open", low: funds.isLow(lane) },
    ...(nextNonce !== undefined && { nextNonce }),
    ...(balanceWei !== undefined && { balanceWei }),
  };
};

/** Gwei to wei; a gwei may have decimals. */
const gwei = (value: number): bigint => BigInt(Math.round(value * 1e9));

/** What lanes need to know of fees. */
function pricingOf(oracle: FeeOracle, limits: FeeLimits): Pricing {
  return {
    feesAt: (head) => oracle.feesAt(head),
    replacement: (previous, wanted) => replacementFees(previous, wanted, limits),
    costOf: ({ gasLimit, fees, bytes }) => oracle.estimateCost({ gasLimit, fees, rawBytes: bytes }),
  };
}
