import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { checkMintList, InvalidMintList, readMintList, type MintRow, type ReadOptions } from "../../../src/list/index.ts";

export const ALICE = "0x5A9DeD2B000fF8A22d98Db34F7E70D4da232BdFb";
export const BOB = "0x06F5a60442F3A7919f3F035833a539b57393a652";
export const HEADER = "id,to,quantity,uri";

const folder = mkdtempSync(join(tmpdir(), "mintd-list-"));
process.once("exit", () => {
  rmSync(folder, { recursive: true, force: true });
});

/** A file that is gone when the tests are. */
export function fileOf(content: string | Uint8Array, name = "list.csv"): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

export const folderPath = folder;

export const linesOf = (...lines: string[]) => lines.join("\n") + "\n";

export async function rowsOf(content: string | Uint8Array, options?: ReadOptions): Promise<MintRow[]> {
  return collect(readMintList(fileOf(content), options));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error with which a list is refused; readMintList has to give out no row and to agree with checkMintList. */
export async function refusalOf(path: string, skipInvalid = false): Promise<InvalidMintList> {
  const checked = await rejection(checkMintList(path, { skipInvalid }));
  const read = await rejection(readMintList(path, { skipInvalid }).next());
  expect(read.problems).to.deep.equal(checked.problems);
  return checked;
}

export async function rejection(attempt: Promise<unknown>): Promise<InvalidMintList> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof InvalidMintList) return error;
  throw new Error("the list was not refused", { cause: error });
}
