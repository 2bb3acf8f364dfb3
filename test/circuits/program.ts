import { readFileSync } from "node:fs";
import { compile, type Circuit } from "../../scripts/circuits/compile.ts";

/** Inputs by name; arrays of arrays are flattened, as circom does it. */
export type Inputs = Readonly<Record<string, bigint | number | readonly unknown[]>>;

/** What a program that circom made exports. */
interface Exports {
  readonly init: (sanityCheck: number) => void;
  readonly getFieldNumLen32: () => number;
  readonly getWitnessSize: () => number;
  readonly writeSharedRWMemory: (at: number, word: number) => void;
  readonly readSharedRWMemory: (at: number) => number;
  readonly setInputSignal: (high: number, low: number, at: number) => void;
  readonly getInputSignalSize: (high: number, low: number) => number;
  readonly getWitness: (at: number) => void;
  readonly getMessageChar: () => number;
}

/** Node has it; its types are of browsers. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: Readonly<Record<string, object>>) => { readonly exports: object };
};

export const FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Inputs that satisfy no constraint; `where` are the templates from the innermost outwards, as circom names them. */
export class Unsatisfied extends Error {
  readonly where: readonly string[];
  constructor(where: readonly string[]) {
    super(`refused in ${where.join(" < ")}`);
    this.where = where;
  }
}

/** A compiled circuit that finds witnesses. One instance for many inputs. */
export class Program {
  readonly #exports: Exports;
  #said = "";

  constructor(wasm: Uint8Array<ArrayBuffer>) {
    const runtime = {
      exceptionHandler: (code: number) => {
        const where = [...this.#said.matchAll(/Error in template (\w+?)(?:_\d+)? line/g)].map(([, name = ""]) => name);
        if (code !== 4) throw new Error(`the witness program failed with code ${code}`);
        throw new Unsatisfied(where);
      },
      printErrorMessage: () => {
        for (let code = this.#exports.getMessageChar(); code !== 0; code = this.#exports.getMessageChar()) {
          this.#said += String.fromCharCode(code);
        }
        this.#said += "\n";
      },
      writeBufferMessage: () => undefined,
      showSharedRWMemory: () => undefined,
    };
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(wasm), { runtime }).exports as Exports;
  }

  /**
   * The witness, wire by wire.
   * @throws Unsatisfied
   */
  witness(inputs: Inputs): bigint[] {
    const program = this.#exports;
    this.#said = "";
    program.init(0);
    for (const [name, value] of Object.entries(inputs)) {
      const hash = fnv(name);
      const [high, low] = [Number(hash >> 32n), Number(hash & 0xffffffffn)];
      const values = [value].flat(Infinity) as (bigint | number)[];
      if (program.getInputSignalSize(high, low) !== values.length) throw new Error(`${name} has another size than ${values.length}`);
      values.forEach((each, at) => {
        let rest = ((BigInt(each) % FIELD) + FIELD) % FIELD;
        for (let word = 0; word < program.getFieldNumLen32(); word++, rest >>= 32n) {
          program.writeSharedRWMemory(word, Number(rest & 0xffffffffn));
        }
        program.setInputSignal(high, low, at);
      });
    }
    return Array.from({ length: program.getWitnessSize() }, (_, at) => {
      program.getWitness(at);
      let value = 0n;
      for (let word = program.getFieldNumLen32() - 1; word >= 0; word--) {
        value = (value << 32n) | BigInt(program.readSharedRWMemory(word) >>> 0);
      }
      return value;
    });
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

/** FNV-1a of 64 bits, by which circom's programs know their inputs. */
function fnv(name: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(name)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash;
}

/** A circuit's program; small simplification unless the constraints matter. */
export async function programOf(circuit: Circuit, options = { optimise: false }): Promise<Program> {
  const { wasm } = await compile(circuit, options);
  return new Program(new Uint8Array(readFileSync(wasm)));
}
