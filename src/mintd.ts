import { dirname, resolve } from "node:path";
import { systemClock } from "./clock.ts";
import { assemble } from "./mintd/assemble.ts";
import type { Mintd, MintdOptions } from "./mintd/service.ts";
import { Telemetry } from "./telemetry/index.ts";

export { type Issuing, type IssuingOptions, openIssuing } from "./mintd/issuing.ts";
export type { Mintd, MintdOptions } from "./mintd/service.ts";

/**
 * Puts the service together: config -> adapters -> service. Only this file and the folder
 * beside it construct adapters.
 * @throws ChainMismatch, GenesisMismatch, NoCodeAtAddress, SignerNotAuthorised, LaneMissing, InsufficientFunds,
 * LogFileUnwritable, and the store's errors; `start` also TelemetryPortInUse
 */
export async function openMintd(options: MintdOptions): Promise<Mintd> {
  const { config, clock = systemClock, storePath } = options;
  const { level = config.log.file === undefined ? "silent" : "info", file } = config.log;
  const { port } = config.telemetry;
  const telemetry = new Telemetry({
    clock,
    level,
    ...(port !== undefined && { port }),
    ...(file !== undefined && { logFile: resolve(dirname(storePath), file) }),
  });
  try {
    return await assemble(options, telemetry);
  } catch (error) {
    telemetry.failed(error);
    await telemetry.close();
    throw error;
  }
}
