import { MintdError } from "../error.ts";

/** What can be wrong with a mint list. The codes are stable; the texts are not. */
export type ProblemCode =
  | "FILE_NOT_FOUND"
  | "FILE_UNREADABLE"
  | "NOT_A_FILE"
  | "EMPTY_FILE"
  | "NO_ROWS"
  | "MISSING_COLUMN"
  | "DUPLICATE_COLUMN"
  | "FIELD_COUNT"
  | "BROKEN_QUOTING"
  | "INVALID_UTF8"
  | "ROW_TOO_LONG"
  | "EMPTY_ID"
  | "INVALID_ID"
  | "ID_TOO_LONG"
  | "DUPLICATE_ID"
  | "INVALID_ADDRESS"
  | "BAD_CHECKSUM"
  | "ZERO_ADDRESS"
  | "INVALID_QUANTITY"
  | "ZERO_QUANTITY"
  | "QUANTITY_TOO_LARGE"
  | "URI_TOO_LONG"
  | "URI_NOT_A_COLLATERAL";

/** One thing that is wrong, and where. */
export interface MintListProblem {
  readonly code: ProblemCode;
  /** Physical line, from 1, on which the record starts; undefined where it is about the whole file. */
  readonly line: number | undefined;
  /** Name of the column, where it is about one. */
  readonly column: string | undefined;
  readonly message: string;
}

const SHOWN = 10;

/** A mint list that must not be minted as it is. `problems` has the first of them, `problemCount` says how many there are. */
export class InvalidMintList extends MintdError {
  readonly code = "INVALID_MINT_LIST";
  readonly path: string;
  readonly problems: readonly MintListProblem[];
  readonly problemCount: number;

  constructor(path: string, problems: readonly MintListProblem[], problemCount = problems.length) {
    super(describe(path, problems, problemCount), {
      hint: "correct these places, or mint the good rows alone with --skip-invalid",
    });
    this.path = path;
    this.problems = problems;
    this.problemCount = problemCount;
  }
}

function describe(path: string, problems: readonly MintListProblem[], count: number): string {
  const lines = problems.slice(0, SHOWN).map((problem) => `\n  ${printProblem(problem)}`);
  const more = count > SHOWN ? `\n  and ${count - SHOWN} more` : "";
  return `${path} has ${count === 1 ? "a problem" : `${count} problems`}:${lines.join("")}${more}`;
}

/** A problem in one line: `line 7, column to: …`. */
export function printProblem({ line, column, message }: MintListProblem): string {
  const place = [line === undefined ? "" : `line ${line}`, column === undefined ? "" : `column ${column}`].filter(Boolean).join(", ");
  return place === "" ? message : `${place}: ${message}`;
}

/** A value as a message shows it: quoted, control characters escaped, cut at 60 characters. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
