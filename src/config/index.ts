/** Settings: one schema, a file, the environment, and errors that name every wrong key. */
export { InvalidConfig, type ConfigProblem } from "./errors.ts";
export { DEFAULT_FILE, loadConfig, type ConfigSources } from "./load.ts";
export type { PriceSourceSettings } from "./price-sources.ts";
export { configSchema, type MintdConfig } from "./schema.ts";
export { earlyVariables, ENV_PREFIX, envOf, rangeOf, settings, type Setting } from "./settings.ts";
