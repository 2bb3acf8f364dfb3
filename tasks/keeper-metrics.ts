import type { KeeperTelemetry } from "../src/telemetry/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { atEnd } from "./at-end.ts";

/**
 * Serves a keeper's metrics on this port until the task ends; with port 0, nothing. Returns whom to tell what the keeper tells.
 * @throws InvalidArgument, TelemetryPortInUse
 */
export async function servedMetrics<News>(port: number, open: () => KeeperTelemetry<News>): Promise<(news: News) => void> {
  if (port === 0) return () => undefined;
  if (port < 1_024 || port > 65_535) {
    throw new InvalidArgument("--metrics-port", `is ${port}, and must be 1024 to 65535, or 0 for none`, "--metrics-port 9464");
  }
  const telemetry = open();
  atEnd(() => telemetry.close());
  await telemetry.start(port);
  return telemetry.hear;
}
