import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import type { Random } from "../../chaos/random.ts";

/** What came of processes that were killed while they reserved. */
export interface KillReport {
  readonly kills: number;
  /** Processes that had given numbers when they were killed. */
  readonly giving: number;
  readonly numbers: number;
  /** Numbers that were given more than once. */
  readonly repeats: number;
}

const file = new URL("./reserving-process.ts", import.meta.url).pathname;
/** Milliseconds from a process's first number to its death, at most; one in ten dies before it has any. */
const longest = 120;

/**
 * Lets processes reserve numbers from one store, one after the other, each killed (SIGKILL) at a random moment, and counts
 * the numbers that anybody was given twice.
 */
export async function killWhileReserving(
  path: string,
  kills: number,
  random: Random,
  onKill: () => void = () => undefined,
): Promise<KillReport> {
  const given = new Given();
  let giving = 0;
  for (let kill = 0; kill < kills; kill++) {
    const output = await killedOne(path, random);
    if (given.add(output)) giving++;
    onKill();
  }
  return { kills, giving, numbers: given.numbers, repeats: given.repeats };
}

/** What a process wrote before it died. */
async function killedOne(path: string, random: Random): Promise<string> {
  const told = `${path}.told`;
  await writeFile(told, "");
  const child = spawn(process.execPath, [file, path, String(random.int(1, 2 ** 30)), told], { stdio: ["ignore", "ignore", "pipe"] });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const kill = (after: number) => setTimeout(() => child.kill("SIGKILL"), after);
  const after = random.int(0, longest);
  if (random.chance(0.1)) kill(after);
  const watcher = watch(told, { persistent: false }, () => {
    watcher.close();
    kill(after);
  });
  const [code] = (await once(child, "close")) as [number | null];
  watcher.close();
  if (code !== null) throw new Error(`the process ended by itself: ${Buffer.concat(errors).toString()}`);
  return readFile(told, "utf8");
}

/** Numbers that were given, a bit each. */
class Given {
  #bits = new Uint8Array(1 << 20);
  numbers = 0;
  repeats = 0;

  /** @returns whether there are any in the output. */
  add(output: string): boolean {
    const before = this.numbers;
    // A line that the kill cut short was read by nobody.
    for (const line of output.split("\n").slice(0, -1)) {
      const [first = NaN, count = NaN] = line.split(" ").map(Number);
      for (let number = first; number < first + count; number++) this.#mark(number);
    }
    return this.numbers > before;
  }

  #mark(number: number): void {
    const byte = Math.floor(number / 8);
    if (byte >= this.#bits.length) {
      const larger = new Uint8Array(2 * byte);
      larger.set(this.#bits);
      this.#bits = larger;
    }
    const bit = 1 << (number % 8);
    const bits = this.#bits[byte] ?? 0;
    if ((bits & bit) !== 0) this.repeats++;
    this.#bits[byte] = bits | bit;
    this.numbers++;
  }
}
