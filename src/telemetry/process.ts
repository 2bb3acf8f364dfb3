import { type IntervalHistogram, monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { processMetrics } from "./catalogue/process.ts";
import type { MetricsOf } from "./registry.ts";

type Metrics = MetricsOf<typeof processMetrics>;

/** Milliseconds between two looks at the event loop. */
const resolutionMs = 10;

/** Reads what the process itself says about its health, at each scrape. */
export class ProcessMeter {
  readonly #metrics: Metrics;
  readonly #loop: IntervalHistogram;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#loop = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#loop.enable();
    metrics.startedAt.set(Math.round(performance.timeOrigin / 1_000));
  }

  collect(): void {
    const { cpu, memory, heap, loopDelay } = this.#metrics;
    const used = process.cpuUsage();
    cpu.reset(); // a counter can only be raised; the system has counted already
    cpu.inc((used.user + used.system) / 1e6);
    memory.set(process.memoryUsage.rss());
    heap.set(process.memoryUsage().heapUsed);
    loopDelay.set({ stat: "p50" }, lateness(this.#loop.percentile(50)));
    loopDelay.set({ stat: "p99" }, lateness(this.#loop.percentile(99)));
    loopDelay.set({ stat: "max" }, lateness(this.#loop.max));
    this.#loop.reset();
  }

  close(): void {
    this.#loop.disable();
  }
}

/** Nanoseconds between two looks, as the milliseconds by which the second was late. */
const lateness = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
