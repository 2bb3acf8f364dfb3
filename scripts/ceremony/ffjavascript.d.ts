/** What the ceremony uses of ffjavascript, which has no types of its own. */
declare module "ffjavascript" {
  export interface Curve {
    /** Its threads; in a curve of a single thread the WebAssembly instance is at hand. */
    readonly tm: {
      readonly instance: { readonly exports: Readonly<Record<string, (...pointers: number[]) => void>> };
      readonly memory: WasmMemory;
    };
    readonly G1: CurveGroup;
    readonly G2: CurveGroup;
    readonly Fr: {
      fromRng(rng: ChaCha): Uint8Array;
      toObject(value: Uint8Array): bigint;
    };
    terminate(): Promise<void>;
  }
  export interface CurveGroup {
    readonly g: Uint8Array;
    fromRng(rng: ChaCha): Uint8Array;
    timesFr(point: Uint8Array, factor: Uint8Array): Uint8Array;
    /** Montgomery form, the lowest byte first. */
    toAffine(point: Uint8Array): Uint8Array;
    toUncompressed(point: Uint8Array): Uint8Array;
  }
  export interface WasmMemory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  /** A stream of pseudo-random numbers. */
  export class ChaCha {
    constructor(seed: readonly number[]);
    nextU32(): number;
  }
  export function buildBn128(singleThread?: boolean): Promise<Curve>;
}
