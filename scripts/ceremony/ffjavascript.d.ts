/** What the ceremony uses of ffjavascript, which has no types of its own. */
declare module "ffjavascript" {
  export interface Curve {
    /** Its threads; in a curve of a single thread the WebAssembly instance is at hand. */
    readonly tm: {
      readonly instance: { readonly exports: Readonly<Record<string, (...pointers: number[]) => void>> };
      readonly memory: WasmMemory;
    };
    readonly G1: { readonly g: Uint8Array };
    readonly G2: { readonly g: Uint8Array };
    terminate(): Promise<void>;
  }
  export interface WasmMemory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  export function buildBn128(singleThread?: boolean): Promise<Curve>;
}
