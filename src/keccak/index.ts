import { assemble, layout, RATE, roundConstants } from "./permutation-wasm.ts";

/** The little of WebAssembly that is used here; TypeScript declares it only for browsers. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

interface Permutation {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly absorb: (pointer: number, blocks: number) => void;
}

const { memory, absorb } = new WebAssembly.Instance(new WebAssembly.Module(assemble())).exports as Permutation;
const bytes = new Uint8Array(memory.buffer);
const chunk = Math.floor((layout.size - layout.input) / RATE) * RATE;

const constants = new DataView(memory.buffer, layout.roundConstants);
roundConstants().forEach((constant, round) => {
  constants.setBigUint64(8 * round, constant, true);
});

/**
 * Keccak-256 as Ethereum uses it (padding 0x01, not SHA-3's 0x06), of any number of bytes.
 * Source: FIPS 202 section 4 (sponge), Keccak submission 3.0 (padding). Held to ethers' keccak256 in test/src/keccak.
 * @returns 32 fresh bytes.
 */
export function keccak256(message: Uint8Array): Buffer {
  bytes.fill(0, layout.state, layout.state + 200);
  let start = 0;
  for (; message.length - start >= chunk; start += chunk) {
    bytes.set(message.subarray(start, start + chunk), layout.input);
    absorb(layout.input, chunk / RATE);
  }
  const rest = message.length - start;
  const blocks = Math.floor(rest / RATE) + 1;
  const end = layout.input + blocks * RATE;
  bytes.set(start === 0 ? message : message.subarray(start), layout.input);
  bytes.fill(0, layout.input + rest, end);
  bytes[layout.input + rest] = 0x01;
  bytes[end - 1] = (bytes[end - 1] ?? 0) | 0x80; // the same byte as 0x01 where only one is left
  absorb(layout.input, blocks);
  return Buffer.from(bytes.subarray(layout.state, layout.state + 32)); // copies
}

/** keccak256 of a string's UTF-8 bytes. */
export function keccak256OfText(text: string): Buffer {
  return keccak256(Buffer.from(text, "utf8"));
}
