import { readFileSync } from "node:fs";
import { compile, type Circuit } from "../../scripts/circuits/compile.ts";
import { wireAt, WitnessProgram, WitnessRefused } from "../../src/price/prove/index.ts";

/** Inputs by name; arrays of arrays are flattened, as circom does it. */
export type Inputs = Readonly<Record<string, bigint | number | readonly unknown[]>>;

export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Inputs that satisfy no constraint; `where` are the templates from the innermost outwards, as circom names them. */
export class Unsatisfied extends Error {
  readonly where: readonly string[];
  constructor(where: readonly string[]) {
    super(`refused in ${where.join(" < ")}`);
    this.where = where;
  }
}

/** A compiled circuit that finds witnesses, of numbers outside of the field too. One instance for many inputs. */
export class Program {
  readonly #program: WitnessProgram;

  constructor(wasm: Uint8Array<ArrayBuffer>) {
    this.#program = new WitnessProgram(wasm);
  }

  /**
   * The witness, wire by wire.
   * @throws Unsatisfied
   */
  witness(inputs: Inputs): bigint[] {
    const reduced = Object.entries(inputs).map(([name, value]) => [name, [value].flat(Infinity).map(inField)] as const);
    try {
      const bytes = this.#program.witness(Object.fromEntries(reduced));
      return Array.from({ length: bytes.length / 32 }, (_, wire) => wireAt(bytes, wire));
    } catch (error) {
      if (error instanceof WitnessRefused && error.where.length > 0) throw new Unsatisfied(error.where);
      throw error;
    }
  }

  /** Templates in which inputs are refused, from the innermost outwards; empty where they are taken. */
  refusal(inputs: Inputs): readonly string[] {
    try {
      this.witness(inputs);
      return [];
    } catch (error) {
      if (error instanceof Unsatisfied) return error.where;
      throw error;
    }
  }
}

const inField = (value: unknown): bigint => ((BigInt(value as bigint | number) % FIELD) + FIELD) % FIELD;

/** A circuit's program; small simplification unless the constraints matter. */
export async function programOf(circuit: Circuit, options = { optimise: false }): Promise<Program> {
  const { wasm } = await compile(circuit, options);
  return new Program(new Uint8Array(readFileSync(wasm)));
}
