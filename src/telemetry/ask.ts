import { MintdError } from "../error.ts";
import { TelemetryNotRunning, TelemetryUnreadable } from "./errors.ts";
import { type Family, readExposition } from "./exposition.ts";

const patienceMs = 5_000;
/** More than a thousand times what mintd serves. */
const mostBytes = 64 * 1024 * 1024;

/**
 * The metrics of the mintd that serves them on this port of 127.0.0.1.
 * @throws TelemetryNotRunning, TelemetryUnreadable
 */
export async function askMetrics(port: number | undefined): Promise<Family[]> {
  if (port === undefined) throw new TelemetryNotRunning(undefined);
  return readExposition(await get(port));
}

async function get(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(patienceMs), redirect: "error" });
    if (!response.ok) throw new TelemetryUnreadable(`HTTP ${response.status}`);
    if (Number(response.headers.get("content-length") ?? 0) > mostBytes) throw new TelemetryUnreadable("it is too long");
    return await response.text();
  } catch (error) {
    if (error instanceof MintdError) throw error;
    throw new TelemetryNotRunning(port, error);
  }
}
