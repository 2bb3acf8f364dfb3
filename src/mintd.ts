import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  adoptHistory,
  Batcher,
  batchGas,
  bindStore,
  checkChain,
  checkFunds,
  checkMinter,
  Confirmations,
  type Deployment,
  type Header,
  Lane,
  type MinterName,
  Minting,
  MintLogReader,
  needsAPerson,
  networkOf,
  type Rpc,
  transactionGasLimit,
  type TwoStageParts,
} from "./chain/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { MintdConfig } from "./config/index.ts";
import { VoucherNonces } from "./nonce/index.ts";
import { OrderBook } from "./order/index.ts";
import type { Secret } from "./secret.ts";
import { type EventStore, openSqliteStore, VersionConflict } from "./store/index.ts";
import { Telemetry } from "./telemetry/index.ts";
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
  readonly laneKey: Secret;
  readonly voucherKey: Secret;
  readonly clock?: Clock;
  /** Hears what goes wrong while minting goes on: doubt, a dear chain, foreign transactions. */
  readonly onTrouble?: (error: unknown) => void;
  /** Hears how many mints of the chain's past became orders of a store that did not know them. */
  readonly onAdopted?: (orders: number) => void;
  /** Hears of blocks that were reorganised away. */
  readonly onReorg?: (orphaned: readonly Header[]) => void;
  /** Called at the labelled points of the write-ahead path; for tests that end the process there. */
  readonly reach?: Reach;
}

/** The running service. */
export interface Mintd extends AsyncDisposable {
  readonly store: EventStore;
  readonly book: OrderBook;
  readonly numbers: VoucherNonces;
  readonly lane: Lane;
  readonly confirmations: Confirmations;
  readonly minting: Minting;
  readonly voucherSigner: DigestSigner;
  readonly domain: VoucherDomain;
  /** What issuing and redeeming a single voucher needs. */
  readonly twoStage: TwoStageParts;
  readonly telemetry: Telemetry;
  /** Checks chain, contracts, roles and funds, brings back what a former run left, and begins to mint. */
  start(): Promise<void>;
  /** Lets what is being recorded finish and releases everything. What is not final is taken up by the next start. */
  stop(): Promise<void>;
}

/**
 * Puts the service together: config -> adapters -> service. The only place that constructs adapters.
 * @throws ChainMismatch, GenesisMismatch, NoCodeAtAddress, SignerNotAuthorised, InsufficientFunds, LogFileUnwritable, and the store's errors; start() also TelemetryPortInUse
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
    reach = () => undefined,
  } = options;
  const minter = options.minter ?? "VoucherMinter";
  const { address } = deployment.contracts[minter];
  const { chainId } = deployment;
  const usual = networkOf(chainId);
  const network = { ...usual, pollMs: config.rpc.pollMs ?? usual.pollMs, laneWindow: config.lane.window ?? usual.laneWindow };
  const voucherSigner = nativeSigner(options.voucherKey);
  const laneSigner = nativeSigner(options.laneKey);

  await checkChain(rpc, deployment);
  await checkMinter(rpc, deployment, minter, voucherSigner.address);
  const maxGas = await transactionGasLimit(rpc, config.batch.maxGas);
  const bare = await openSqliteStore({ path: options.storePath, now: () => clock.now() });
  try {
    const store = await telemetry.observeStore(bare);
    await bindStore(store, deployment);
    const reader = new MintLogReader(rpc, address);
    const adopted = await adoptHistory({ store, rpc, reader, chainId, minter: address, deployedAt: deployment.block });
    if (adopted > 0) onAdopted(adopted);
    const book = await OrderBook.open(store, {
      minter: address,
      maxOpen: config.orders.maxOpen,
      now: () => clock.now(),
      isConflict: (error) => error instanceof VersionConflict,
      pause: (ms) => sleep(ms),
      random: Math.random,
    });
    telemetry.followOrders(book);
    const numbers = await VoucherNonces.open({ store, chainId, minter: address });
    const hear = (error: unknown) => {
      telemetry.trouble(error, { lane: laneSigner.address });
      onTrouble(error);
    };
    const trouble = (error: unknown) => {
      if (needsAPerson(error)) minting.fail(error);
      else hear(error);
    };
    const fail = (error: unknown) => {
      minting.fail(error);
    };
    const lane = await Lane.open({
      store,
      book,
      rpc,
      signer: laneSigner,
      chainId,
      network: network.name,
      blockTimeMs: network.blockTimeMs,
      clock,
      onTrouble: trouble,
      onFatal: fail,
      reach,
    });
    telemetry.remember(lane.address, lane.state.open.values());
    telemetry.observeLanes(() => [
      {
        lane: lane.address,
        inFlight: lane.inFlight,
        window: network.laneWindow,
        ...(lane.state.nextNonce !== undefined && { nextNonce: lane.state.nextNonce }),
      },
    ]);
    const confirmations = await Confirmations.open({
      store,
      book,
      lane,
      rpc,
      reader,
      chainId,
      oneNode: !network.isPublic,
      minter: address,
      deployedAt: deployment.block,
      onReorg(orphaned) {
        telemetry.reorg(orphaned);
        onReorg(orphaned);
      },
      reach,
    });
    const domain = { chainId, verifyingContract: address };
    const feeLimits = { maxFeePerGas: gwei(config.fees.maxFeePerGasGwei), priorityFee: gwei(config.fees.priorityFeeGwei) };
    const minting = new Minting({
      book,
      batcher: new Batcher({ ...config.batch, maxGas }),
      lane,
      confirmations,
      rpc,
      numbers,
      signer: voucherSigner,
      domain,
      network,
      feeLimits,
      clock,
      onTrouble: hear,
      reach,
    });
    minting.failure.catch((error: unknown) => {
      telemetry.failed(error);
    });
    const stop = async (): Promise<void> => {
      await minting.stop();
      await lane.close();
      await confirmations.close();
      await book.close();
      await store.close();
      await telemetry.close();
    };
    return {
      store,
      book,
      numbers,
      lane,
      confirmations,
      minting,
      voucherSigner,
      domain,
      telemetry,
      twoStage: { store, book, lane, rpc, numbers, signer: voucherSigner, domain, feeLimits },
      async start() {
        try {
          await telemetry.start();
          await checkFunds(rpc, lane.address, chainId, batchGas([1]));
          await minting.start();
        } catch (error) {
          telemetry.failed(error);
          throw error;
        }
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await bare.close();
    throw error;
  }
}

/** Gwei to wei; a gwei may have decimals. */
const gwei = (value: number): bigint => BigInt(Math.round(value * 1e9));
