import { MintdError } from "../error.ts";

/** Another program listens where the metrics should be served. */
export class TelemetryPortInUse extends MintdError {
  readonly code = "TELEMETRY_PORT_IN_USE";
  constructor(port: number, cause: unknown, setting = "telemetry.port (MINTD_TELEMETRY_PORT)") {
    super(`port ${port} on 127.0.0.1 is taken, so the metrics cannot be served there`, {
      cause,
      hint: `end the other program, or set ${setting} to a free one`,
    });
  }
}

/** Metrics were asked for where none are served. */
export class TelemetryNotRunning extends MintdError {
  readonly code = "TELEMETRY_NOT_RUNNING";
  constructor(port: number | undefined, cause?: unknown) {
    super(port === undefined ? "telemetry.port is not set, so no mintd serves metrics" : `no mintd serves metrics on 127.0.0.1:${port}`, {
      cause,
      hint: "run mintd with MINTD_TELEMETRY_PORT=9464 (or telemetry.port in mintd.config.yaml), or a keeper with --metrics-port 9464, and ask while it runs, with the same setting or --port 9464",
    });
  }
}

/** What answered is not metrics in Prometheus's text format. */
export class TelemetryUnreadable extends MintdError {
  readonly code = "TELEMETRY_UNREADABLE";
  constructor(problem: string) {
    super(`the answer is not metrics in Prometheus's text format: ${problem}`, {
      hint: "check that the port is telemetry.port of a mintd that runs",
    });
  }
}

/** The log's file cannot be opened for writing. */
export class LogFileUnwritable extends MintdError {
  readonly code = "LOG_FILE_UNWRITABLE";
  constructor(path: string, why: string) {
    super(`the log ${path} cannot be written: ${why}`, {
      hint: "set log.file to a path that mintd may write to, or unset it to log to stderr",
    });
  }
}
