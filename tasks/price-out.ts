import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { InvalidArgument } from "./arguments.ts";

/**
 * Tries a place for a file before work goes into what is to be written there. What is there stays as it is.
 * @throws InvalidArgument
 */
export function assertWritable(path: string): void {
  saying(path, () => {
    if (path === "") throw new Error("it is empty");
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Error("something that is no file is there");
    const draft = draftOf(path);
    writeFileSync(draft, "", { flag: "wx" });
    rmSync(draft);
  });
}

/** Writes beside the place and renames: the file is there whole or as it was. @throws InvalidArgument */
export function writeWhole(path: string, text: string): void {
  saying(path, () => {
    const draft = draftOf(path);
    try {
      writeFileSync(draft, text, { flag: "wx" });
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  });
}

/** Two runs at once must not write into one file. */
const draftOf = (path: string): string => `${path}.${process.pid}.partial`;

function saying(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidArgument("--out", `is '${path}', which cannot be written: ${why}`, "--out price-report.json");
  }
}
