/** What metrics are about; metrics:show and docs/metrics.md are grouped by it, in this order. */
export const groupTitles = {
  orders: "Orders",
  lanes: "Lanes",
  chain: "Chain",
  rpc: "Endpoints",
  compensation: "Compensation",
  store: "Store",
  process: "Process",
} as const;

export type Group = keyof typeof groupTitles;

/** One metric as it is defined here once: the registry, docs/metrics.md and metrics:show are made of this. */
export interface Definition {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly group: Group;
  readonly unit: string;
  readonly meaning: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

const steps = (powers: readonly number[]): number[] => powers.flatMap((power) => [1, 2, 5].map((step) => step * power));

/** From 1 ms to 6 hours: an append takes one, a final level on a busy day hours. */
const longLatency = [...steps([1, 10, 100, 1e3, 1e4, 1e5]), 1_800_000, 3_600_000, 10_800_000, 21_600_000];
/** From 1 ms to 50 s: one request or one append. */
const shortLatency = steps([1, 10, 100, 1e3, 1e4]);

/** All metrics. Names carry their units; a name or a label that is here stays. */
export const catalogue = {
  latency: {
    name: "state_transition_latency_ms",
    type: "histogram",
    group: "orders",
    unit: "ms",
    meaning:
      "time that an order spent in state `from` before it went to state `to`, both as stamped when the event was recorded; `level` is the confirmation level that `to` is (tentative, auditable, final), else none. A request begins an order and ends no state: it is counted in mintd_orders_total alone",
    labels: ["level", "from", "to"],
    buckets: longLatency,
  },
  orders: {
    name: "mintd_orders_total",
    type: "counter",
    group: "orders",
    unit: "events",
    meaning: "orders that reached the state, as often as they did",
    labels: ["state"],
  },
  open: {
    name: "mintd_orders_open",
    type: "gauge",
    group: "orders",
    unit: "orders",
    meaning: "orders accepted and neither final nor rejected",
    labels: [],
  },
  clockSteps: {
    name: "mintd_clock_steps_total",
    type: "counter",
    group: "orders",
    unit: "events",
    meaning:
      "transitions that were stamped before the event they follow, because the system's clock was set back; their latency counts as 0",
    labels: [],
  },
  inFlight: {
    name: "mintd_lane_in_flight_attempts",
    type: "gauge",
    group: "lanes",
    unit: "attempts",
    meaning: "attempts that are not known to be mined",
    labels: ["lane"],
  },
  window: {
    name: "mintd_lane_window_attempts",
    type: "gauge",
    group: "lanes",
    unit: "attempts",
    meaning: "attempts that may be in flight now",
    labels: ["lane"],
  },
  nextNonce: {
    name: "mintd_lane_next_nonce",
    type: "gauge",
    group: "lanes",
    unit: "nonce",
    meaning: "nonce that the next attempt gets",
    labels: ["lane"],
  },
  balance: {
    name: "mintd_lane_balance_ether",
    type: "gauge",
    group: "lanes",
    unit: "ether",
    meaning: "balance as it was last read; absent before that",
    labels: ["lane"],
  },
  paused: {
    name: "mintd_lane_paused",
    type: "gauge",
    group: "lanes",
    unit: "0 or 1",
    meaning: "1 while the lane takes no work",
    labels: ["lane"],
  },
  low: {
    name: "mintd_lane_balance_low",
    type: "gauge",
    group: "lanes",
    unit: "0 or 1",
    meaning: "1 while the balance is below what the lane wants to have",
    labels: ["lane"],
  },
  attempts: {
    name: "mintd_attempts_total",
    type: "counter",
    group: "lanes",
    unit: "attempts",
    meaning: "signed transactions made durable, replacements and no-ops among them",
    labels: ["lane"],
  },
  rebroadcasts: {
    name: "mintd_rebroadcasts_total",
    type: "counter",
    group: "lanes",
    unit: "broadcasts",
    meaning: "attempts sent again, unchanged",
    labels: ["lane"],
  },
  replacements: {
    name: "mintd_replacements_total",
    type: "counter",
    group: "lanes",
    unit: "attempts",
    meaning: "further attempts of a nonce that had one",
    labels: ["lane"],
  },
  cancels: {
    name: "mintd_cancels_total",
    type: "counter",
    group: "lanes",
    unit: "attempts",
    meaning: "attempts that mint nothing: cancellations and no-ops that fill a gap",
    labels: ["lane"],
  },
  displaced: {
    name: "mintd_attempts_displaced_total",
    type: "counter",
    group: "lanes",
    unit: "attempts",
    meaning: "attempts whose nonce another transaction, not one of ours, took for good",
    labels: ["lane"],
  },
  foreign: {
    name: "mintd_foreign_transactions_total",
    type: "counter",
    group: "lanes",
    unit: "transactions",
    meaning: "transactions of the lane's account that mintd did not make: somebody else has the key",
    labels: ["lane"],
  },
  gaps: {
    name: "mintd_nonce_gaps_total",
    type: "counter",
    group: "lanes",
    unit: "nonces",
    meaning: "nonces that were found to be missing below later ones",
    labels: ["lane"],
  },
  gasPerMint: {
    name: "mintd_gas_per_mint",
    type: "histogram",
    group: "lanes",
    unit: "gas",
    meaning: "gas of a final, successful attempt divided by its orders; one observation an attempt",
    labels: [],
    buckets: [
      20_000, 30_000, 40_000, 45_000, 50_000, 55_000, 60_000, 70_000, 80_000, 90_000, 100_000, 150_000, 250_000, 500_000, 1_000_000,
    ],
  },
  gasUsed: {
    name: "mintd_gas_used_total",
    type: "counter",
    group: "lanes",
    unit: "gas",
    meaning: "gas of final attempts, reverted ones and no-ops included",
    labels: ["lane"],
  },
  troubles: {
    name: "mintd_troubles_total",
    type: "counter",
    group: "chain",
    unit: "events",
    meaning: "what went wrong while minting went on, by the error's code (docs/errors.md)",
    labels: ["code"],
  },
  doubts: {
    name: "mintd_doubts_total",
    type: "counter",
    group: "chain",
    unit: "events",
    meaning: "answers of an endpoint that leave open what happened, by kind: doubt, never failure",
    labels: ["reason"],
  },
  reorgDepth: {
    name: "mintd_reorg_depth_blocks",
    type: "histogram",
    group: "chain",
    unit: "blocks",
    meaning: "blocks that one reorg took back",
    labels: [],
    buckets: [1, 2, 3, 5, 8, 12, 20, 32, 64],
  },
  orphaned: {
    name: "mintd_blocks_orphaned_total",
    type: "counter",
    group: "chain",
    unit: "blocks",
    meaning: "blocks that are no longer canonical",
    labels: [],
  },
  blockClockOffset: {
    name: "mintd_block_clock_offset_ms",
    type: "gauge",
    group: "chain",
    unit: "ms",
    meaning: "the chain's time, as the block clock tells it, less the system clock's; absent before enough blocks were seen",
    labels: [],
  },
  blockClockBound: {
    name: "mintd_block_clock_error_bound_ms",
    type: "gauge",
    group: "chain",
    unit: "ms",
    meaning: "how far the block clock may be off; hybrid vouchers are refused above 500, and it is infinite while nothing is known",
    labels: [],
  },
  blockClockSamples: {
    name: "mintd_block_clock_samples",
    type: "gauge",
    group: "chain",
    unit: "blocks",
    meaning: "blocks in the block clock's window",
    labels: [],
  },
  rpcRequests: {
    name: "mintd_rpc_requests_total",
    type: "counter",
    group: "rpc",
    unit: "requests",
    meaning: "requests to the endpoint, by class of method, or `all` where they are not told apart",
    labels: ["endpoint", "method"],
  },
  rpcErrors: {
    name: "mintd_rpc_errors_total",
    type: "counter",
    group: "rpc",
    unit: "requests",
    meaning: "requests that came to no usable answer",
    labels: ["endpoint", "method"],
  },
  rpcLatency: {
    name: "mintd_rpc_latency_ms",
    type: "histogram",
    group: "rpc",
    unit: "ms",
    meaning: "time from a request to its answer or to giving up",
    labels: ["endpoint", "method"],
    buckets: shortLatency,
  },
  rpcHealthy: {
    name: "mintd_rpc_healthy",
    type: "gauge",
    group: "rpc",
    unit: "0 or 1",
    meaning: "1 while the endpoint is trusted with requests",
    labels: ["endpoint"],
  },
  rpcHeadLag: {
    name: "mintd_rpc_head_lag_blocks",
    type: "gauge",
    group: "rpc",
    unit: "blocks",
    meaning: "blocks by which the endpoint's head is behind the highest known",
    labels: ["endpoint"],
  },
  queue: {
    name: "mintd_compensation_tasks",
    type: "gauge",
    group: "compensation",
    unit: "tasks",
    meaning: "compensation tasks by state",
    labels: ["state"],
  },
  workers: {
    name: "mintd_compensation_workers_replaced_total",
    type: "counter",
    group: "compensation",
    unit: "workers",
    meaning: "workers replaced because they timed out or threw several times in a row",
    labels: [],
  },
  storeHead: {
    name: "mintd_store_head_position",
    type: "gauge",
    group: "store",
    unit: "events",
    meaning: "position of the newest event",
    labels: [],
  },
  appendLatency: {
    name: "mintd_store_append_latency_ms",
    type: "histogram",
    group: "store",
    unit: "ms",
    meaning: "time until an append is durable, by a clock that is never set back",
    labels: [],
    buckets: [0.5, ...shortLatency],
  },
  appendErrors: {
    name: "mintd_store_append_errors_total",
    type: "counter",
    group: "store",
    unit: "appends",
    meaning: "appends that were refused or are in doubt",
    labels: [],
  },
  logDropped: {
    name: "mintd_log_lines_dropped_total",
    type: "counter",
    group: "process",
    unit: "lines",
    meaning: "log lines given up because their destination fails or is too slow",
    labels: [],
  },
  loopDelay: {
    name: "mintd_event_loop_delay_ms",
    type: "gauge",
    group: "process",
    unit: "ms",
    meaning: "how late the event loop was since the former scrape, beyond the 10 ms between two looks: p50, p99 and max",
    labels: ["stat"],
  },
  cpu: {
    name: "process_cpu_seconds_total",
    type: "counter",
    group: "process",
    unit: "s",
    meaning: "CPU time of the process, user and system",
    labels: [],
  },
  memory: {
    name: "process_resident_memory_bytes",
    type: "gauge",
    group: "process",
    unit: "bytes",
    meaning: "resident memory of the process",
    labels: [],
  },
  heap: {
    name: "nodejs_heap_size_used_bytes",
    type: "gauge",
    group: "process",
    unit: "bytes",
    meaning: "JavaScript heap in use",
    labels: [],
  },
  startedAt: {
    name: "process_start_time_seconds",
    type: "gauge",
    group: "process",
    unit: "s",
    meaning: "start of the process, seconds since the epoch",
    labels: [],
  },
} as const satisfies Record<string, Definition>;

/** All definitions, in the order of the page. */
export const definitions: readonly Definition[] = Object.values(catalogue);
