import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { parseSignedVoucher, type SignedVoucher, signedVoucherToJson } from "../src/voucher/index.ts";
import { InvalidArgument } from "./arguments.ts";

/** Characters that are written at a time. */
const perWrite = 1 << 16;

/**
 * A file of vouchers, one JSON document a line. It is there whole, on the disk and not only in the system's memory, or not at
 * all: written beside its place and renamed.
 */
export class VoucherFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #text = "";

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @throws InvalidArgument where nothing can be written there */
  static async create(path: string): Promise<VoucherFile> {
    return new VoucherFile(path, await openOut(partial(path)));
  }

  async add(voucher: SignedVoucher): Promise<void> {
    this.#text += `${JSON.stringify(signedVoucherToJson(voucher))}\n`;
    if (this.#text.length >= perWrite) await this.#write();
  }

  async keep(): Promise<void> {
    await this.#write();
    await this.#file.sync();
    await this.#file.close();
    await rename(partial(this.#path), this.#path);
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(partial(this.#path), { force: true });
  }

  async #write(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    await this.#file.write(text);
  }
}

/**
 * Opens a file for vouchers, for the user alone: who has a voucher's bytes may redeem it.
 * @throws InvalidArgument
 */
export async function openOut(path: string): Promise<FileHandle> {
  return open(path, "w", 0o600).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidArgument("--out", `cannot be written: ${why}`, "--out vouchers.jsonl");
  });
}

const partial = (path: string): string => `${path}.partial`;

/** A voucher of a file as JSON, unread, or what is wrong with its line. */
export type VoucherLine = { readonly line: number; readonly json: unknown } | { readonly line: number; readonly problem: string };

/**
 * The vouchers of a file: one JSON document as `voucher:issue --id` writes it, or one a line.
 * @throws InvalidArgument where it cannot be read, or nothing is in it
 */
export async function* readVoucherFile(path: string, example: string): AsyncGenerator<VoucherLine> {
  let line = 0;
  let found = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity })) {
      line++;
      if (text.trim() === "") continue;
      const json = parse(text);
      if (found === 0 && json === undefined) {
        const whole = parse(await readFile(path, "utf8"));
        if (whole === undefined) throw new InvalidArgument("the voucher's file", `${path} is not JSON`, example);
        yield { line: 1, json: whole };
        return;
      }
      found++;
      yield json === undefined ? { line, problem: "is not JSON" } : { line, json };
    }
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new InvalidArgument("the voucher's file", `${path} cannot be read: ${error.message}`, example);
  }
  if (found === 0) throw new InvalidArgument("the voucher's file", `${path} is empty`, example);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // no JSON text stands for undefined
  }
}

/**
 * The one voucher of a file, or that on line `wanted` where it has many.
 * @throws InvalidArgument, InvalidVoucher
 */
export async function readVoucher(path: string, wanted: number): Promise<SignedVoucher> {
  const example = "npx hardhat voucher:redeem vouchers.jsonl --line 3";
  let only: VoucherLine | undefined;
  for await (const each of readVoucherFile(path, example)) {
    if (wanted === 0 && only) throw new InvalidArgument("--line", `is missing: ${path} has several vouchers`, example);
    if (wanted === 0 || each.line === wanted) only = each;
  }
  if (!only) throw new InvalidArgument("--line", `is ${wanted}: ${path} has no voucher there`, example);
  if ("problem" in only) throw new InvalidArgument("the voucher's file", `${path}, line ${only.line} ${only.problem}`, example);
  return parseSignedVoucher(only.json);
}
