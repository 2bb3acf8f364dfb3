import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one test; `path` is where its store goes. */
export class Folder {
  readonly root = mkdtempSync(join(tmpdir(), "mintd-store-"));
  readonly path = join(this.root, "store.db");

  files(): string[] {
    return readdirSync(this.root).sort();
  }

  /** A hash of each file's bytes. @param but files whose bytes do not matter here. */
  hashes(...but: string[]): Record<string, string> {
    const hash = (file: string) =>
      createHash("sha256")
        .update(readFileSync(join(this.root, file)))
        .digest("hex");
    return Object.fromEntries(
      this.files()
        .filter((file) => !but.includes(file))
        .map((file) => [file, hash(file)]),
    );
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
