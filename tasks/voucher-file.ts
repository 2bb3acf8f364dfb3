import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { parseSignedVoucher, type SignedVoucher, signedVoucherToJson } from "../src/voucher/index.ts";
import { InvalidArgument } from "./arguments.ts";

/** Characters that are written at a time. */
const perWrite = 1 << 16;

/**
 * A file of vouchers, for the user alone: who has a voucher's bytes may redeem it. It is there whole, on the disk and not only
 * in the system's memory, or not at all: written beside its place, and renamed. What was in its place before is replaced and
 * not written into, so who may read the former file cannot read this one.
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
    try {
      if ((await stat(path).catch(() => undefined))?.isFile() === false) throw new Error("something that is no file is there");
      await rm(partial(path), { force: true }); // of a run that died; its access rights may be anything
      return new VoucherFile(path, await open(partial(path), "wx", 0o600));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new InvalidArgument("--out", `cannot be written: ${why}`, "--out vouchers.jsonl");
    }
  }

  /** One voucher as a line. */
  async add(voucher: SignedVoucher): Promise<void> {
    await this.write(`${JSON.stringify(signedVoucherToJson(voucher))}\n`);
  }

  async write(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= perWrite) await this.#flush();
  }

  /** On the disk under its name when it resolves. */
  async keep(): Promise<void> {
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
    await rename(partial(this.#path), this.#path);
    await syncFolder(dirname(this.#path)); // the name, too, must survive a loss of power
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(partial(this.#path), { force: true });
  }

  async #flush(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    await this.#file.appendFile(text); // all of it: a plain write may stop in the middle and say so
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
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
