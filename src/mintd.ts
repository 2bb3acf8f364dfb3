import { setTimeout as sleep } from "node:timers/promises";
import {
  AccountNonces,
  adoptHistory,
  BatchMaker,
  batchGas,
  bindStore,
  checkChain,
  checkFunds,
  checkMinter,
  Confirmations,
  type Deployment,
  Dispatcher,
  FeeCapReached,
  type FeeLimits,
  feesFor,
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
  nextBaseFee,
  type Pricing,
  type Rpc,
  transactionGasLimit,
  type TwoStageParts,
  Upkeep,
} from "./chain/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { MintdConfig } from "./config/index.ts";
import { VoucherNonces } from "./nonce/index.ts";
import { type MintRequest, OrderBook } from "./order/index.ts";
import type { Secret } from "./secret.ts";
import { type EventStore, openSqliteStore, VersionConflict } from "./store/index.ts";
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
  readonly voucherSigner: DigestSigner;
  readonly domain: VoucherDomain;
  /** What issuing and redeeming a single voucher needs. */
  readonly twoStage: TwoStageParts;
  /** Checks chain, contracts, roles and funds, brings back what a former run left, and begins to mint. */
  start(): Promise<void>;
  /** Lets what is being recorded finish and releases everything. What is not final is taken up by the next start. */
  stop(): Promise<void>;
}

/**
 * Puts the service together: config -> adapters -> service. The only place that constructs adapters.
 * @throws ChainMismatch, GenesisMismatch, NoCodeAtAddress, SignerNotAuthorised, LaneMissing, InsufficientFunds, and the
 * store's errors
 */
export async function openMintd(options: MintdOptions): Promise<Mintd> {
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

  await checkChain(rpc, deployment);
  await checkMinter(rpc, deployment, minter, voucherSigner.address);
  const maxGas = await transactionGasLimit(rpc, config.batch.maxGas);
  const store = await openSqliteStore({ path: options.storePath, now: () => clock.now() });
  try {
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
    const numbers = await VoucherNonces.open({ store, chainId, minter: address });
    const fail = (error: unknown) => {
      minting.fail(error);
    };
    const notify = (notice: LaneNotice) => {
      onNotice(notice);
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
          }),
        ),
      ),
    );
    await lanesInUse(store, book, chainId, lanes);
    const feeLimits = { maxFeePerGas: gwei(config.fees.maxFeePerGasGwei), priorityFee: gwei(config.fees.priorityFeeGwei) };
    const pricing = pricingOf(rpc, feeLimits);
    const funds = new Funds(rpc);
    const upkeep = new Upkeep({ lanes, nonces, funds, pricing, clock, network: network.name, blockTimeMs: network.blockTimeMs, notify });
    await upkeep.reconcile();
    const confirmations = await Confirmations.open({
      ...{ store, book, lanes, upkeep, clock, rpc, reader, chainId, onReorg, reach },
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
      isOpen: (carrier) => lanes.isOpen(carrier),
      limits: { ...config.batch, maxGas },
    });
    const batches = new BatchMaker({ book, rpc, numbers, signer: voucherSigner, domain });
    const minting = new Minting({
      ...{ book, dispatcher, batches, lanes, funds, upkeep, confirmations, pricing, network, clock, onTrouble, notify, reach },
    });
    const laneFor = (request: MintRequest): Lane => {
      const lane = lanes.of(dispatcher.laneFor(request));
      if (!lane) throw new TypeError("the dispatcher knows the lanes alone");
      return lane;
    };
    const stop = async (): Promise<void> => {
      await minting.stop();
      await lanes.close();
      await confirmations.close();
      await book.close();
      await store.close();
    };
    return {
      store,
      book,
      numbers,
      lanes,
      funds,
      confirmations,
      minting,
      voucherSigner,
      domain,
      twoStage: { store, book, laneFor, rpc, numbers, signer: voucherSigner, domain, pricing },
      async start() {
        await checkFunds(rpc, lanes.addresses, chainId, batchGas([1]));
        await minting.start();
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Gwei to wei; a gwei may have decimals. */
const gwei = (value: number): bigint => BigInt(Math.round(value * 1e9));

/** The price of a transaction by the next block's base fee, which changes with the head and not in between. */
function pricingOf(rpc: Rpc, limits: FeeLimits): Pricing {
  let known: { readonly head: string; readonly baseFee: bigint } | undefined;
  return {
    async feesAt(head) {
      if (head === undefined || known?.head !== head) known = { head: head ?? "", baseFee: await nextBaseFee(rpc) };
      return feesFor(known.baseFee, limits);
    },
    replacement: (previous, wanted) => {
      const raised = (fee: bigint, market: bigint) => ((fee * 9n + 7n) / 8n > market ? (fee * 9n + 7n) / 8n : market);
      const maxFeePerGas = raised(previous.maxFeePerGas, wanted.maxFeePerGas);
      if (maxFeePerGas > limits.maxFeePerGas) throw new FeeCapReached(maxFeePerGas, limits.maxFeePerGas);
      return { maxFeePerGas, maxPriorityFeePerGas: raised(previous.maxPriorityFeePerGas, wanted.maxPriorityFeePerGas) };
    },
    costOf: ({ gasLimit, fees }) => Promise.resolve(BigInt(gasLimit) * fees.maxFeePerGas),
  };
}
