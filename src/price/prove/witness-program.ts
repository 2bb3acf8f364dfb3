import { FIELD } from "../widths.ts";
import { ProverFailed, WitnessRefused } from "./errors.ts";

/** Inputs of a circuit by name; lists of lists are flattened, as circom does it. */
export type WitnessInputs = Readonly<Record<string, bigint | number | readonly unknown[]>>;

/** What a program that circom made exports. */
interface Exports {
  readonly init: (sanityCheck: number) => void;
  readonly getFieldNumLen32: () => number;
  readonly getWitnessSize: () => number;
  readonly getInputSize: () => number;
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

/** Bytes of one wire. */
export const WIRE = 32;
const WORDS = WIRE / 4;
const EXPECTED_REFUSAL = 4; // circom's code of an assertion that does not hold

/** A circuit's program that finds witnesses; one instance for many inputs, kept in memory. */
export class WitnessProgram {
  readonly #exports: Exports;
  #said = "";

  constructor(wasm: Uint8Array<ArrayBuffer>) {
    const runtime = {
      exceptionHandler: (code: number) => {
        if (code !== EXPECTED_REFUSAL) throw new WitnessRefused([], `the witness program stopped with code ${code}`);
        throw new WitnessRefused([...this.#said.matchAll(/Error in template (\w+?)(?:_\d+)? line/g)].map(([, name = ""]) => name));
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
    if (this.#exports.getFieldNumLen32() !== WORDS) throw new ProverFailed("the witness program is not over BN254's field");
  }

  /**
   * The witness: each wire's 32 bytes, the lowest first.
   * @throws WitnessRefused an input is missing, has another size, is outside of the field, or breaks a constraint
   */
  witness(inputs: WitnessInputs): Uint8Array<ArrayBuffer> {
    const program = this.#exports;
    this.#said = "";
    program.init(0);
    let set = 0;
    for (const [name, value] of Object.entries(inputs)) {
      const [high, low] = hashOf(name);
      const values = [value].flat(Infinity) as (bigint | number)[];
      if (program.getInputSignalSize(high, low) !== values.length) throw new WitnessRefused([], `${name} has not ${values.length} values`);
      set += values.length;
      values.forEach((each, at) => {
        this.#write(name, BigInt(each));
        program.setInputSignal(high, low, at);
      });
    }
    if (set !== program.getInputSize()) throw new WitnessRefused([], `it takes ${program.getInputSize()} values, not ${set}`);
    return this.#read();
  }

  #write(name: string, value: bigint): void {
    if (value < 0n || value >= FIELD) throw new WitnessRefused([], `${name} is outside of the field`);
    for (let word = 0, rest = value; word < WORDS; word++, rest >>= 32n) {
      this.#exports.writeSharedRWMemory(word, Number(rest & 0xffffffffn));
    }
  }

  #read(): Uint8Array<ArrayBuffer> {
    const program = this.#exports;
    const words = new Uint32Array(program.getWitnessSize() * WORDS);
    for (let wire = 0, at = 0; at < words.length; wire++) {
      program.getWitness(wire);
      for (let word = 0; word < WORDS; word++, at++) words[at] = program.readSharedRWMemory(word);
    }
    return new Uint8Array(words.buffer);
  }
}

/** FNV-1a of 64 bits, by which circom's programs know their inputs: its upper and lower half. */
export function hashOf(name: string): readonly [high: number, low: number] {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return [Number(hash >> 32n), Number(hash & 0xffffffffn)];
}

/** The number that begins at a place of a witness. */
export function wireAt(witness: Uint8Array, wire: number): bigint {
  const view = new DataView(witness.buffer, witness.byteOffset + wire * WIRE, WIRE);
  return [24, 16, 8, 0].reduce((value, at) => (value << 64n) | view.getBigUint64(at, true), 0n);
}
