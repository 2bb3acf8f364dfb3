// iden3's binary files (.ptau, .zkey): a word that says the kind, a version, and sections of a number and a length each.
import { type FileHandle, open } from "node:fs/promises";
import { bn254 } from "@noble/curves/bn254.js";

/** Of the points' coordinates, in BN254. */
export const BASE_FIELD = bn254.fields.Fp.ORDER;

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
export const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
/** 32 bytes, the lowest first. */
export const numberBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();

/** Writes sections one after the other. To be closed, whatever comes between. */
export class BinaryFile {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param sections how many there will be */
  static async create(path: string, kind: "ptau" | "zkey", sections: number): Promise<BinaryFile> {
    const made = new BinaryFile(await open(path, "w"));
    await made.write(Buffer.from(kind), u32(1), u32(sections));
    return made;
  }

  /** A section at once. */
  async section(id: number, ...parts: readonly Uint8Array[]): Promise<void> {
    const content = Buffer.concat(parts);
    await this.begin(id, content.length);
    await this.write(content);
  }

  /** Begins a section of `length` bytes, which are written next. */
  begin(id: number, length: number): Promise<void> {
    return this.write(u32(id), u64(length));
  }

  write(...parts: readonly Uint8Array[]): Promise<void> {
    return this.#file.appendFile(Buffer.concat(parts));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
