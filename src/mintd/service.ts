import type {
  Confirmations,
  Deployment,
  EndpointState,
  Funds,
  Header,
  LaneNotice,
  Lanes,
  MinterName,
  Minting,
  Rpc,
  TwoStageParts,
} from "../chain/index.ts";
import type { Clock } from "../clock.ts";
import type { Compensation } from "../compensate/index.ts";
import type { MintdConfig } from "../config/index.ts";
import type { Issuer } from "../issue/index.ts";
import type { BlockClock, VoucherNonces } from "../nonce/index.ts";
import type { OrderBook } from "../order/index.ts";
import type { Secret } from "../secret.ts";
import type { EventStore } from "../store/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import type { DigestSigner, VoucherDomain } from "../voucher/index.ts";
import type { Reach } from "../write-ahead.ts";

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
