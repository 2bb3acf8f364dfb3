import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { MintdError } from "../../src/error.ts";

const root = join(import.meta.dirname, "../..");
const sources = join(root, "circuits/price");
const builds = join(root, "circuits/build");
const run = promisify(execFile);

/** A component to compile. */
export interface Circuit {
  /** The main component, like `AssertBits(64)`. */
  readonly component: string;
  /** The file of circuits/price that has its template. */
  readonly file: string;
  /** Names of public inputs. */
  readonly publicInputs?: readonly string[];
  /** Other texts for files of circuits/price: tests break them on purpose. */
  readonly edits?: Readonly<Record<string, string>>;
}

/** Where the outputs are. */
export interface Compiled {
  readonly r1cs: string;
  readonly wasm: string;
  readonly sym: string;
  readonly constraints: number;
  readonly wires: number;
}

/** circom refused a circuit; its words are in the message. */
export class CircuitNotCompiled extends MintdError {
  readonly code = "CIRCUIT_NOT_COMPILED";
  constructor(component: string, said: string, cause?: unknown) {
    super(`${component} was not compiled: ${said}`, {
      cause,
      hint: "correct circuits/price, or npm ci where circom2 or circomlib is missing",
    });
  }
}

/** The sizes that the proven prices need, with the ceilings of their constraint counts. */
export const sizes = [
  { size: 3, ceiling: 14_731 },
  { size: 7, ceiling: 32_547 },
  { size: 14, ceiling: 64_443 },
  { size: 21, ceiling: 96_535 },
] as const;

/** The main component of circuits/price/main/price-<size>.circom. */
export function aggregationOf(size: number): Circuit {
  const publicInputs = ["packed", "sourcesRoot", "blockHashHi", "blockHashLo", "context"];
  return { component: `PriceAggregation(${size})`, file: "price-aggregation.circom", publicInputs };
}

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as { version: string }).version;

/** Text of the main file; equal to the files in circuits/price/main. */
export function mainOf({ component, file, publicInputs = [] }: Circuit): string {
  const open = publicInputs.length === 0 ? "" : ` {public [${publicInputs.join(", ")}]}`;
  return `// SPDX-License-Identifier: GPL-3.0-only\npragma circom 2.2.3;\n\ninclude "../${file}";\n\ncomponent main${open} = ${component};\n`;
}

/**
 * Compiles with all of circom's simplification. Outputs are kept in circuits/build under a digest of the sources and of the
 * compiler's and the library's versions, so that nothing is compiled twice and nothing stale is used.
 * Race: two processes may compile the same circuit. Mitigation: each writes to a folder of its own and renames it when it is whole.
 * @param optimise false for quick witness programs whose constraints nobody counts
 * @throws CircuitNotCompiled
 */
export async function compile(circuit: Circuit, { optimise = true } = {}): Promise<Compiled> {
  const texts = globSync("*.circom", { cwd: sources }).sort();
  const hash = createHash("sha256").update(JSON.stringify([versionOf("circom2"), versionOf("circomlib"), optimise, mainOf(circuit)]));
  for (const file of texts) hash.update(`\0${file}\0`).update(circuit.edits?.[file] ?? readFileSync(join(sources, file)));
  const name = `${circuit.component.replace(/\W+/g, "-").replace(/-$/, "").toLowerCase()}-${hash.digest("hex").slice(0, 16)}`;
  const folder = join(builds, name);
  if (!existsSync(folder)) await build(circuit, folder, optimise);
  const { constraints, wires } = JSON.parse(readFileSync(join(folder, "counts.json"), "utf8")) as { constraints: number; wires: number };
  const outputs = { r1cs: join(folder, "main.r1cs"), wasm: join(folder, "main_js/main.wasm"), sym: join(folder, "main.sym") };
  return { ...outputs, constraints, wires };
}

/** Compiles without the outputs that are kept, for who compares: a kept one could be another's. Removed after `work`. */
export async function compileAnew<T>(circuit: Circuit, work: (outputs: Pick<Compiled, "r1cs" | "wasm">) => T): Promise<T> {
  mkdirSync(builds, { recursive: true });
  const folder = mkdtempSync(join(builds, "anew-"));
  try {
    const outputs = join(folder, "outputs");
    await build(circuit, outputs, true);
    return work({ r1cs: join(outputs, "main.r1cs"), wasm: join(outputs, "main_js/main.wasm") });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function build(circuit: Circuit, folder: string, optimise: boolean): Promise<void> {
  mkdirSync(builds, { recursive: true });
  const draft = mkdtempSync(join(builds, "draft-"));
  try {
    cpSync(sources, draft, { recursive: true });
    for (const [file, text] of Object.entries(circuit.edits ?? {})) writeFileSync(join(draft, file), text);
    mkdirSync(join(draft, "main"), { recursive: true });
    writeFileSync(join(draft, "main/main.circom"), mainOf(circuit));
    const cli = join(root, "node_modules/circom2/cli.js");
    const at = relative(root, draft);
    const flags = ["--r1cs", "--wasm", "--sym", optimise ? "--O2" : "--O1", "-l", "node_modules", "-o", at];
    // Quick ones are done before the machine code that V8 would optimise in the background is of any use.
    const node = optimise ? [] : ["--liftoff-only"];
    const { stdout } = await run(process.execPath, [...node, cli, join(at, "main/main.circom"), ...flags], {
      cwd: root,
      maxBuffer: 1 << 26,
    }).catch((cause: unknown) => {
      const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
      throw new CircuitNotCompiled(circuit.component, stripVTControlCharacters(stdout + stderr).trim(), cause);
    });
    const said = stripVTControlCharacters(stdout);
    const count = (what: string): number => Number(new RegExp(`^${what}: (\\d+)`, "m").exec(said)?.[1] ?? NaN);
    const counts = { constraints: count("non-linear constraints") + count("linear constraints"), wires: count("wires") };
    if (!Number.isInteger(counts.constraints)) throw new CircuitNotCompiled(circuit.component, said.trim());
    writeFileSync(join(draft, "counts.json"), JSON.stringify(counts));
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // else another process was quicker
  }
}
