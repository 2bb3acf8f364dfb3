/** What can be seen of a running mintd: metrics, a log, and the way to read the metrics of another process. */
export { askMetrics } from "./ask.ts";
export { castKeeperTelemetry } from "./cast-keeper.ts";
export { catalogue, type Definition, definitions, type Group, groupTitles } from "./catalogue/index.ts";
export { describeError, type ErrorRecord, hostOf, scrub } from "./describe.ts";
export { doubtReasons } from "./doubts.ts";
export { LogFileUnwritable, TelemetryNotRunning, TelemetryPortInUse, TelemetryUnreadable } from "./errors.ts";
export { type Distribution, distributionsOf, type Family, quantileOf, readExposition, type Sample } from "./exposition.ts";
export type { KeeperTelemetry } from "./keeper.ts";
export { createLog, type Log, type LogLevel, type LogOptions } from "./log.ts";
export { priceKeeperTelemetry, type PriceKeeperNews } from "./price-keeper.ts";
export { Telemetry, type TelemetryOptions } from "./telemetry.ts";
export type { BlockClockView, EndpointView, LaneView, MethodClass, NumbersView } from "./views.ts";
