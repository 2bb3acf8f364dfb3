import { MintdError } from "../error.ts";

/** One setting that is wrong. */
export interface ConfigProblem {
  /** Path in the file, e.g. `batch.maxItems`; empty for the file as a whole. */
  readonly key: string;
  /** The environment variable or file that it came from. */
  readonly source: string;
  readonly message: string;
}

/** Settings that mintd does not start with; names every wrong key at once. Texts of settings are never quoted. */
export class InvalidConfig extends MintdError {
  readonly code = "INVALID_CONFIG";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ key, source, message }) => `\n  ${[key, `(${source})`].filter(Boolean).join(" ")}: ${message}`);
    super(`the configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:${lines.join("")}`, {
      hint: "docs/config.md lists every setting, examples/mintd.config.yaml has them all at their defaults",
    });
    this.problems = problems;
  }
}
