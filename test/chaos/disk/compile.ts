import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { NoFaultyDisk } from "./errors.ts";

const run = promisify(execFile);
const source = join(import.meta.dirname, "faulty-disk.c");

/**
 * Compiles the faulty disk into `folder` and returns the library's path. Where there is no compiler, root installs gcc
 * from Debian's packages.
 * @throws NoFaultyDisk
 */
export async function compileFaultyDisk(folder: string): Promise<string> {
  if (process.platform !== "linux") throw new NoFaultyDisk(`this is ${process.platform}`);
  const library = join(folder, "faulty-disk.so");
  const compiler = (await compilerHere()) ?? (await installed());
  await run(compiler, ["-std=gnu11", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, source, "-ldl"]).catch((error: unknown) => {
    throw new NoFaultyDisk(error instanceof Error ? error.message : String(error));
  });
  return library;
}

async function compilerHere(): Promise<string | undefined> {
  for (const name of ["cc", "gcc", "clang"]) {
    const found = await run(name, ["--version"]).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  return undefined;
}

async function installed(): Promise<string> {
  if (process.getuid?.() !== 0) throw new NoFaultyDisk("there is no C compiler");
  const install = ["install", "--yes", "--no-install-recommends", "gcc", "libc6-dev"];
  await run("apt-get", install).catch(async () => {
    await run("apt-get", ["update"]).catch(() => undefined); // the second try says what is wrong
    await run("apt-get", install).catch((error: unknown) => {
      throw new NoFaultyDisk(error instanceof Error ? error.message : String(error));
    });
  });
  return "gcc";
}
