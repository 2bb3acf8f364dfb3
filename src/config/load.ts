import { readFileSync } from "node:fs";
import { LineCounter, parseDocument, type Document } from "yaml";
import type { z } from "zod";
import { InvalidConfig, type ConfigProblem } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { configSchema, type MintdConfig } from "./schema.ts";
import { earlyVariables, ENV_PREFIX, rangeOf, settings, type Setting } from "./settings.ts";

/** The file that is read where none is named, if it is there. */
export const DEFAULT_FILE = "mintd.config.yaml";

export interface ConfigSources {
  /** The file to read, which must exist; false: none. By default `mintd.config.yaml` in the working directory, if it exists. */
  readonly file?: string | false;
  /** Usually `process.env`. Variables that start with MINTD_ override the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Tree = Record<string, unknown>;

/**
 * The settings: defaults, overridden by the file, overridden by the environment.
 *
 * @example
 * const { batch } = loadConfig({ env: process.env }); // MINTD_BATCH_MAX_ITEMS=100 overrides batch.maxItems
 * @throws InvalidConfig naming every wrong or unknown key of both, each with a valid example
 */
export function loadConfig({ file, env }: ConfigSources): MintdConfig {
  const tree = structuredClone(readTree(file));
  const problems = [...unknownVariables(env), ...applyEnvironment(tree, env)];
  const parsed = configSchema.safeParse(tree);
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => describe(issue, nameOf(file), tree, env)));
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new InvalidConfig(problems);
}

const nameOf = (file: ConfigSources["file"]) => (file === undefined || file === false ? DEFAULT_FILE : file);

function readTree(file: ConfigSources["file"]): Tree {
  if (file === false) return {};
  const text = readText(nameOf(file), file === undefined);
  return text === undefined ? {} : parseTree(nameOf(file), text);
}

function readText(path: string, optional: boolean): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (optional && code === "ENOENT") return undefined;
    throw new InvalidConfig([{ key: "", source: path, message: `the file cannot be read (${code})` }]);
  }
}

/** The parser's own messages quote the file, which may hold secrets: only its codes and places are passed on. */
function parseTree(path: string, text: string): Tree {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const problems = document.errors.map(({ code, pos }) => {
    const { line, col } = lineCounter.linePos(pos[0]);
    return { key: "", source: path, message: `not valid YAML at line ${line}, column ${col} (${code})` };
  });
  if (problems.length > 0) throw new InvalidConfig(problems);
  const tree = plainValue(path, document) ?? {};
  if (isTree(tree)) return withoutEmptySections(tree);
  throw new InvalidConfig([{ key: "", source: path, message: "must be keys and values, for example: tenant: default" }]);
}

/** Aliases are followed only here; one without its anchor, or too many of them, make the library throw. */
function plainValue(path: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch {
    throw new InvalidConfig([{ key: "", source: path, message: "not valid YAML: an alias (*name) cannot be followed" }]);
  }
}

/** A section of which every key is commented out is null in YAML; it stands for its defaults. */
function withoutEmptySections(tree: Tree): Tree {
  const isSection = (name: string) => settings.some(({ key }) => key.startsWith(`${name}.`));
  return Object.fromEntries(Object.entries(tree).filter(([name, value]) => value !== null || !isSection(name)));
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownVariables(env: ConfigSources["env"]): ConfigProblem[] {
  const known = [...settings.map((setting) => setting.env), ...Object.keys(earlyVariables)];
  const unknown = Object.keys(env).filter((name) => name.startsWith(ENV_PREFIX) && !known.includes(name));
  return unknown.map((name) => ({ key: "", source: name, message: `there is no such variable${didYouMean(name, known)}` }));
}

function didYouMean(typed: string, known: readonly string[]): string {
  const meant = nearest(typed, known);
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

/** Puts the variables into the tree. A section that the file has as something else is left to the schema to refuse. */
function applyEnvironment(tree: Tree, env: ConfigSources["env"]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const setting of settings) {
    const text = env[setting.env];
    if (text === undefined) continue;
    if (text.trim() === "") problems.push({ key: setting.key, source: setting.env, message: `is empty; ${wanted(setting)}` });
    else place(tree, setting.key.split("."), valueOf(setting, text.trim()));
  }
  return problems;
}

function place(tree: Tree, [name, ...rest]: string[], value: unknown): void {
  if (name === undefined) return;
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const section = (tree[name] ??= {});
  if (isTree(section)) place(section, rest, value);
}

/** A number in plain decimals or a list in JSON where one is wanted; anything else stays text, which the schema then refuses. */
function valueOf({ type }: Setting, text: string): unknown {
  if (type === "list") return listOf(text);
  return type !== "string" && /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text;
}

function listOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function describe(issue: z.core.$ZodIssue, file: string, tree: Tree, env: ConfigSources["env"]): ConfigProblem[] {
  const key = issue.path.join(".");
  if (issue.code === "unrecognized_keys") return issue.keys.map((name) => unknownKey(key, name, file));
  const setting = settings.find((each) => each.key === key || (each.type === "list" && key.startsWith(`${each.key}.`)));
  if (setting === undefined) return [{ key, source: file, message: "must be a section with keys of its own" }];
  const source = env[setting.env] === undefined ? file : setting.env;
  if (setting.key !== key) return [{ key, source, message: issue.message }];
  const rule = issue.code === "custom" ? `${issue.message}; for example: ${String(setting.example)}` : wanted(setting);
  return [{ key, source, message: `${rule}; it is ${shown(valueAt(tree, issue.path))}` }];
}

function unknownKey(section: string, name: string, file: string): ConfigProblem {
  const path = section === "" ? name : `${section}.${name}`;
  const sections = settings.map(({ key }) => key.split(".")[0] ?? "");
  const known = [...settings.map(({ key }) => key), ...sections];
  return { key: path, source: file, message: `there is no such setting${didYouMean(path, known)}` };
}

function wanted(setting: Setting): string {
  return `must be ${rangeOf(setting)}; for example: ${String(setting.example)}`;
}

function valueAt(tree: Tree, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, name) => (isTree(value) ? value[String(name)] : undefined), tree);
}

/** Numbers as they are; of a text only that it is one, since it might be a secret in the wrong place. */
function shown(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null) return "empty";
  return typeof value === "string" ? `a text of ${value.length} characters` : "something else";
}
