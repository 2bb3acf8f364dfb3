import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** A child process that runs a small program on plain Node, beside the test, and the lines that it prints. */
export class Child {
  readonly #process: ChildProcess;
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  #wake: () => void = () => undefined;

  /** @param body statements of a module that may use `open`, `path` and `print`. */
  constructor(body: string, path: string) {
    const store = new URL("../../../../src/store/index.ts", import.meta.url).href;
    const program = `
      import { openSqliteStore as open } from ${JSON.stringify(store)};
      const path = ${JSON.stringify(path)};
      const print = (line) => process.stdout.write(line + "\\n");
      ${body}`;
    this.#process = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error("stdout is piped");
    const reader = createInterface({ input: stdout });
    reader.on("line", (line) => {
      this.lines.push(line);
      this.#wake();
    });
    const drained = new Promise<void>((resolve) => reader.on("close", resolve));
    this.ended = new Promise((resolve) => {
      this.#process.on("close", (code) => {
        this.#wake();
        void drained.then(() => {
          resolve(code);
        });
      });
    });
  }

  /** Resolves when the child has printed `count` lines. @throws when it ends before. */
  async printed(count: number): Promise<void> {
    while (this.lines.length < count) {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) throw new Error(`ended after: ${this.lines.join(" | ")}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended;
  }
}
