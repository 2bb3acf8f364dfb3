import { shortLatency, type Definition } from "./definition.ts";

/** What the service stands on: compensation, store and log. */
export const serviceMetrics = {
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
} as const satisfies Record<string, Definition>;

/** What a keeper's telemetry says of itself. */
export const listenerMetrics = {
  unrecorded: {
    name: "mintd_events_unrecorded_total",
    type: "counter",
    group: "process",
    unit: "events",
    meaning: "a keeper's events, and readings at a scrape, that its metrics could not take; the keeper itself goes on",
    labels: [],
  },
} as const satisfies Record<string, Definition>;

/** The process, whatever runs in it. */
export const processMetrics = {
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
