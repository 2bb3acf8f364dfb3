import type { Registry } from "prom-client";
import type { keeperCatalogue } from "./catalogue/index.ts";
import { ProcessMeter } from "./process.ts";
import type { MetricsOf } from "./registry.ts";
import { MetricsServer } from "./server.ts";

/** Makes metrics of what a keeper tells. */
export interface KeeperMeter<News> {
  hear(news: News): void;
  /** Sets what depends on the time, before each scrape. */
  collect(): void;
}

/** The option of the keepers' tasks. */
const setting = "--metrics-port";

/**
 * What can be seen of a keeper that runs, as metrics. It listens: a keeper knows nothing of it and waits for nothing here, and what
 * goes wrong with an event is counted and goes no further.
 */
export class KeeperTelemetry<News> implements AsyncDisposable {
  readonly #registry: Registry;
  readonly #metrics: MetricsOf<typeof keeperCatalogue>;
  readonly #meter: KeeperMeter<News>;
  readonly #process: ProcessMeter;
  #server: MetricsServer | undefined;

  constructor(registry: Registry, metrics: MetricsOf<typeof keeperCatalogue>, meter: KeeperMeter<News>) {
    this.#registry = registry;
    this.#metrics = metrics;
    this.#meter = meter;
    this.#process = new ProcessMeter(metrics);
  }

  /**
   * Serves the metrics on 127.0.0.1 from now on. Returns the port.
   * @param port 0 for any that is free
   * @throws TelemetryPortInUse
   */
  async start(port: number): Promise<number> {
    this.#server = await MetricsServer.listen(port, { scrape: () => this.scrape() }, setting);
    return this.#server.port;
  }

  /** To be told all that the keeper tells. Never throws. */
  readonly hear = (news: News): void => {
    this.#quietly(() => {
      this.#meter.hear(news);
    });
  };

  /** All metrics in Prometheus's text format, read now. */
  async scrape(): Promise<{ readonly text: string; readonly contentType: string }> {
    this.#quietly(() => {
      this.#meter.collect();
      this.#process.collect();
    });
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  /** Serves no more. */
  async close(): Promise<void> {
    this.#process.close();
    await this.#server?.close();
    this.#server = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** An event that cannot be counted must not stop the keeper that told it. */
  #quietly(work: () => void): void {
    try {
      work();
    } catch {
      this.#metrics.unrecorded.inc();
    }
  }
}
