/** A lane as a scrape shows it. */
export interface LaneView {
  /** Address of the account. */
  readonly lane: string;
  /** Attempts that are not known to be mined. */
  readonly inFlight: number;
  /** Attempts that may be in flight now. */
  readonly window?: number;
  readonly nextNonce?: number;
  /** As it was last read; a scrape asks no node. */
  readonly balanceWei?: bigint;
  readonly paused?: boolean;
  readonly low?: boolean;
}

/** The voucher numbers as a scrape shows them: sums since the process began, leases since the store began. */
export interface NumbersView {
  readonly reservations: number;
  readonly numbers: number;
  readonly drifted: number;
  readonly leases: number;
}

/** An endpoint as a scrape shows it. */
export interface EndpointView {
  /** Host, or the URL, of which the host alone is shown. */
  readonly endpoint: string;
  readonly healthy: boolean;
  /** Blocks behind the highest known head. */
  readonly headLag?: number;
  /** Requests since the start, and those of them without an answer, where somebody else counts them. */
  readonly requests?: number;
  readonly errors?: number;
}

/** The block clock as a scrape shows it. */
export interface BlockClockView {
  /** Chain time, milliseconds since the epoch; undefined while it is not known. */
  readonly nowMs: number | undefined;
  readonly boundMs: number;
  readonly samples: number;
}

/** Classes of JSON-RPC methods: few enough for a label, and told apart by what a failure means. */
export type MethodClass = "broadcast" | "nonce" | "receipt" | "block" | "logs" | "call" | "fees" | "other";

const classes: Readonly<Record<string, MethodClass>> = {
  eth_sendRawTransaction: "broadcast",
  eth_getTransactionCount: "nonce",
  eth_getTransactionReceipt: "receipt",
  eth_getBlockReceipts: "receipt",
  eth_getBlockByNumber: "block",
  eth_getBlockByHash: "block",
  eth_blockNumber: "block",
  eth_getLogs: "logs",
  eth_call: "call",
  eth_estimateGas: "call",
  eth_simulateV1: "call",
  eth_feeHistory: "fees",
  eth_gasPrice: "fees",
  eth_maxPriorityFeePerGas: "fees",
};

/** The class of a method; `other` where it has none of its own. */
export const methodClassOf = (method: string): MethodClass => classes[method] ?? "other";
