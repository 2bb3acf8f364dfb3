import { z } from "zod";
import { configSchema } from "./schema.ts";

/** One setting, as its schema describes it. */
export interface Setting {
  /** Path in the file, with dots: `batch.maxItems`. */
  readonly key: string;
  /** Environment variable that overrides it: `MINTD_BATCH_MAX_ITEMS`. */
  readonly env: string;
  /** A list is written in JSON where it is in one line: in its variable, and as the example. */
  readonly type: "string" | "integer" | "number" | "list";
  readonly fallback: string | number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly pattern: string | undefined;
  /** The only values of a text that has few. */
  readonly choices: readonly string[] | undefined;
  readonly meaning: string;
  readonly example: string | number;
}

/** What z.toJSONSchema makes of the schema, as far as it is used. */
interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly default?: string | number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** Prefix of the environment variables; an unknown one with it is an error, so that a typing error cannot pass unseen. */
export const ENV_PREFIX = "MINTD_";

/** `batch.maxItems` → `MINTD_BATCH_MAX_ITEMS`: dots and capital letters begin a new word. */
export function envOf(key: string): string {
  return ENV_PREFIX + key.replace(/\.|(?=[A-Z])/g, "_").toUpperCase();
}

/** All settings in the order of the schema. */
export const settings: readonly Setting[] = leaves("", z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema);

function leaves(path: string, schema: JsonSchema): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    const key = path === "" ? name : `${path}.${name}`;
    return each.properties === undefined ? [settingOf(key, each)] : leaves(key, each);
  });
}

function settingOf(key: string, schema: JsonSchema): Setting {
  const { type, default: fallback, minimum: min, maximum: max, pattern, enum: choices, description: meaning = "", examples } = schema;
  const kind = type === "array" ? "list" : type === "integer" || type === "number" ? type : "string";
  const [given] = examples ?? [];
  const example = typeof given === "string" || typeof given === "number" ? given : given === undefined ? "" : JSON.stringify(given);
  return { key, env: envOf(key), type: kind, fallback, min, max, pattern, choices, meaning, example };
}

/** The values that a setting may have, in words. */
export function rangeOf({ type, min, max, pattern, choices }: Setting): string {
  if (choices !== undefined) return `one of ${choices.join(", ")}`;
  if (type === "list") return "a list; as a variable in JSON";
  if (type === "string")
    return pattern === undefined ? "a text that is not empty" : "1 to 64 letters, digits, dots, dashes and underscores";
  return `${type === "integer" ? "a whole number" : "a number"} from ${plain(min)} to ${plain(max)}`;
}

/** Without an exponent, however small. */
function plain(value = 0): string {
  return value !== 0 && Math.abs(value) < 1e-6 ? value.toFixed(9) : String(value);
}

/** Variables that stand in no file: read before there is a configuration, by hardhat.config.ts and `npm start`, or secret. */
export const earlyVariables: Readonly<Record<string, string>> = {
  MINTD_HOME: "Folder below which everything is written: `deployments/` and the data folder. Default: the project.",
  MINTD_LOCAL_PORT: "Port of the local chain. Default: `8545`.",
  MINTD_LOCAL_BLOCK_TIME: "Seconds between blocks of the local chain; decimals are allowed. Default: `1`.",
  MINTD_LOCAL_NODE: "`hardhat` takes Hardhat's own node where anvil would be taken; it forgets its blocks when it stops.",
  MINTD_RPC_MORE_URLS:
    "Further RPC URLs of the network that a task works on, separated by commas, beside the one of Hardhat's configuration. Reads fail over, nonces and receipts need two that agree, broadcasts go to all. URLs may hold keys, so they belong into no file.",
};
