import {
  AccountNonces,
  adoptHistory,
  BatchMaker,
  batchGas,
  mintGasOf,
  minterOf,
  bindStore,
  checkChain,
  checkFunds,
  checkMinter,
  Confirmations,
  DebtRooms,
  Dispatcher,
  type EndpointState,
  Funds,
  Holds,
  type Lane,
  type LaneNotice,
  lanesInUse,
  Minting,
  MintLogReader,
  networkOf,
  patiently,
  PositionCheck,
  TimeSources,
  timeSourcesOf,
  transactionGasLimit,
  Upkeep,
} from "../chain/index.ts";
import { systemClock } from "../clock.ts";
import { Compensation, lastEvents, openSqliteTaskQueue, queuePathBeside } from "../compensate/index.ts";
import { Issuer, SigningPool } from "../issue/index.ts";
import { BlockClock, follow } from "../nonce/index.ts";
import { DrawnNumbers, type MintRequest, OrderBook } from "../order/index.ts";
import { driveAgainTask, registerRepairs } from "../repairs.ts";
import { openSqliteStore } from "../store/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { nativeSigner } from "../voucher/index.ts";
import { openLanes, openPricing, viewOf } from "./lanes.ts";
import { bookOptions, machineSecond, monotonic, openNumbers } from "./records.ts";
import type { Mintd, MintdOptions } from "./service.ts";

/** config -> adapters -> service. @throws as `openMintd` */
export async function assemble(options: MintdOptions, telemetry: Telemetry): Promise<Mintd> {
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
  const { address } = minterOf(deployment, minter);
  const gas = mintGasOf(minter);
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
    const reader = new MintLogReader(rpc, address, undefined, { clock });
    const adopted = await adoptHistory({ store, rpc, reader, chainId, minter: address, deployedAt: deployment.block, clock });
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
    if (options.endpoints) observeEndpoints(telemetry, options.endpoints);
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
    const lanes = await openLanes(options.laneKeys, network, {
      ...{ store, book, rpc, nonces, chainId, clock, notify, reach, onFatal: fail },
      refusal: minter === "CastMinter" ? "doubt" : "final",
    });
    for (const lane of lanes) {
      const open = [...lane.state.open.values()];
      telemetry.remember(
        lane.address,
        open.flatMap(({ attempts }) => attempts),
      );
    }
    await lanesInUse(store, book, chainId, lanes);
    const pricing = openPricing(rpc, clock, network, config);
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
    const holds = new Holds(() => confirmations.tip?.hash);
    const dispatcher = new Dispatcher({
      book,
      lanes: [...lanes],
      takesUsers: (lane) => lane.state.duty === "open" && !funds.isLow(lane),
      releasesUsers: (lane) => lane.state.duty === "draining" || (lane.state.duty === "open" && funds.isLow(lane)),
      isOpen: (carrier) => lanes.isOpen(carrier),
      // What an account's earlier orders do to its position shows when they are mined.
      ...(minter === "CastMinter" && { isHeld: (order, isFree) => !isFree || holds.isHeld(order) }),
      limits: { ...config.batch, maxGas, gas },
    });
    const signing = new SigningPool({ key: options.voucherKey });
    const roughly = () => blockClock.roughly(confirmations.tip?.timestamp, machineSecond(clock));
    const drawn = new DrawnNumbers();
    const issuer = new Issuer({ book, numbers, drawn, signer: signing, domain, clock: blockClock, roughly });
    const making = { book, rpc, numbers, drawn, signer: voucherSigner, domain, gas };
    const rooms = new DebtRooms({ rpc, book, minter: address });
    const positions = minter === "CastMinter" ? new PositionCheck({ ...making, holds, rooms, onTrouble: hear }) : undefined;
    const batches = new BatchMaker({ ...making, ...(positions && { positions }) });
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
    const stopAll = async (): Promise<void> => {
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
    let stopped: Promise<void> | undefined;
    /** Once, however often it is called: `await using` stops what was stopped by hand. */
    const stop = (): Promise<void> => (stopped ??= stopAll());
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
      twoStage: { store, book, laneFor, rpc, domain, pricing, gas },
      telemetry,
      async start() {
        try {
          await telemetry.start();
          await patiently(clock, () => checkFunds(rpc, lanes.addresses, chainId, batchGas([1], gas)));
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

/** Lets a scrape show the endpoints. */
function observeEndpoints(telemetry: Telemetry, endpoints: () => Promise<readonly EndpointState[]>): void {
  const shown = ({ host, lagBlocks, ...each }: EndpointState) => ({
    ...each,
    endpoint: host,
    ...(lagBlocks !== undefined && { headLag: lagBlocks }),
  });
  telemetry.observeEndpoints(async () => (await endpoints()).map(shown));
}
