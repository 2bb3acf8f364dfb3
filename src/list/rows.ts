import { addressProblem, checksumAddress, type AddressProblem } from "../address.ts";
import { FirstLines } from "./ids.ts";
import { quote, type MintListProblem, type ProblemCode } from "./problems.ts";
import type { CsvRecord } from "./records.ts";

/** Longest id, in bytes of UTF-8; it becomes the order's idempotency key. */
export const MAX_ID_BYTES = 200;

/** Longest URI, in bytes of UTF-8. */
export const MAX_URI_BYTES = 2048;

/** One line of a mint list that is fit to be minted. */
export interface MintRow {
  /** Physical line on which the row starts, from 1. */
  readonly line: number;
  /** Unique in the list, 1..200 bytes. */
  readonly id: string;
  /** Receiver, checksummed. The list may write it in one case only, which carries no checksum. */
  readonly to: string;
  /** 1..maxQuantity; of cast tokens in hundredths. */
  readonly quantity: number;
  /** Empty where the list has none; of cast tokens the collateral's address in lower case. */
  readonly uri: string;
}

/** What rows are held to. */
export interface RowRules {
  readonly maxQuantity: number;
  /** Rows of cast tokens: a quantity is in hundredths of one, and the URI is a collateral's address. */
  readonly isCast: boolean;
}

const REQUIRED = ["id", "to", "quantity"] as const;

/** Where the columns are in a record. */
export interface Columns {
  readonly id: number;
  readonly to: number;
  readonly quantity: number;
  /** -1 where there is none. */
  readonly uri: number;
  /** How many fields every record has. */
  readonly count: number;
}

/** Finds the columns in the header, or says what is wrong with it. Names are case-sensitive; others than ours are left alone. */
export function readHeader({ line, fields, flaw }: CsvRecord): Columns | MintListProblem[] {
  if (flaw !== undefined) return [{ ...flaw, line, column: undefined }];
  const problems: MintListProblem[] = [];
  for (const name of REQUIRED) {
    if (!fields.includes(name)) problems.push({ code: "MISSING_COLUMN", line, column: name, message: missing(name, fields) });
  }
  const twice = fields.filter((name, i) => name !== "" && fields.indexOf(name) < i);
  for (const name of new Set(twice)) {
    problems.push({ code: "DUPLICATE_COLUMN", line, column: name, message: "the header names this column more than once" });
  }
  if (problems.length > 0) return problems;
  const [id, to, quantity] = REQUIRED.map((name) => fields.indexOf(name)) as [number, number, number];
  return { id, to, quantity, uri: fields.indexOf("uri"), count: fields.length };
}

function missing(name: string, fields: readonly string[]): string {
  const alike = fields.find((field) => field.trim().toLowerCase() === name);
  if (alike !== undefined) return `the header has ${quote(alike)} instead; names are case-sensitive and have no blanks around them`;
  if (fields.length === 1 && /[;\t]/.test(fields[0] ?? ""))
    return "missing: the list must be separated by commas, not by semicolons or tabs";
  return `missing; the header is ${quote(fields.join(","))}`;
}

/** Judges records as rows. Remembers the ids that it saw, those of bad rows too: an id must not stand for two rows. */
export class RowReader {
  readonly #columns: Columns;
  readonly #rules: RowRules;
  readonly #firstLines = new FirstLines();

  constructor(columns: Columns, rules: RowRules) {
    this.#columns = columns;
    this.#rules = rules;
  }

  /** The row, or everything that is wrong with it. */
  read({ line, fields, flaw }: CsvRecord): MintRow | MintListProblem[] {
    const columns = this.#columns;
    if (flaw !== undefined) return [{ ...flaw, line, column: undefined }];
    if (fields.length !== columns.count) {
      const message = `${fields.length} fields instead of ${columns.count}`;
      return [{ code: "FIELD_COUNT", line, column: undefined, message }];
    }
    const row = {
      line,
      id: fields[columns.id] ?? "",
      to: fields[columns.to] ?? "",
      quantity: Number(fields[columns.quantity]),
      uri: fields[columns.uri] ?? "",
    };
    const problems = this.#problems(row, fields[columns.quantity] ?? "");
    if (problems.length > 0) return problems;
    // The contract knows a collateral by its name in lower case alone.
    return { ...row, to: checksummed(row.to), uri: this.#rules.isCast ? row.uri.toLowerCase() : row.uri };
  }

  #problems({ line, id, to, uri }: MintRow, quantity: string): MintListProblem[] {
    const found: MintListProblem[] = [];
    const note = (column: string, problem: Found | undefined) => {
      if (problem !== undefined) found.push({ code: problem[0], line, column, message: problem[1] });
    };
    note("id", idProblem(id) ?? this.#duplicate(id, line));
    note("to", receiverProblem(to));
    note("quantity", quantityProblem(quantity, this.#rules));
    if (this.#rules.isCast) note("uri", collateralProblem(uri));
    else if (Buffer.byteLength(uri) > MAX_URI_BYTES) note("uri", ["URI_TOO_LONG", `is longer than ${MAX_URI_BYTES} bytes`]);
    return found;
  }

  #duplicate(id: string, line: number): Found | undefined {
    const first = this.#firstLines.addOrFind(id, line);
    return first === undefined ? undefined : ["DUPLICATE_ID", `${quote(id)} stands on line ${first} already`];
  }
}

type Found = readonly [ProblemCode, string];

function idProblem(id: string): Found | undefined {
  if (id === "") return ["EMPTY_ID", "is empty"];
  if (Buffer.byteLength(id) > MAX_ID_BYTES) return ["ID_TOO_LONG", `${quote(id)} is longer than ${MAX_ID_BYTES} bytes`];
  return /[\u0000-\u001f\u007f]/.test(id) ? ["INVALID_ID", `${quote(id)} contains a control character`] : undefined;
}

const ADDRESS: Record<AddressProblem, readonly [ProblemCode, string]> = {
  malformed: ["INVALID_ADDRESS", "is not an address: 0x and 40 hexadecimal digits"],
  checksum: ["BAD_CHECKSUM", "does not have the EIP-55 checksum that its capital letters claim; look for a typing error"],
  zero: ["ZERO_ADDRESS", "is the zero address; tokens sent there are lost"],
};

function receiverProblem(to: string): Found | undefined {
  const problem = addressProblem(to);
  if (problem === undefined) return undefined;
  const [code, message] = ADDRESS[problem];
  return [code, `${quote(to)} ${message}`];
}

/** `to` is a good address: mixed case has been checked already. */
function checksummed(to: string): string {
  const oneCase = to.slice(2) === to.slice(2).toLowerCase() || to.slice(2) === to.slice(2).toUpperCase();
  return oneCase ? checksumAddress(to) : to;
}

function quantityProblem(text: string, { maxQuantity, isCast }: RowRules): Found | undefined {
  const unit = isCast ? " hundredths of a cast token" : "";
  if (/^0+$/.test(text)) return ["ZERO_QUANTITY", `must be at least 1${isCast ? ", a hundredth of a cast token" : ""}`];
  if (!/^[1-9][0-9]*$/.test(text)) return ["INVALID_QUANTITY", `${quote(text)} is not a whole number from 1 to ${maxQuantity}${unit}`];
  return Number(text) > maxQuantity ? ["QUANTITY_TOO_LARGE", `${quote(text)} is above the limit of ${maxQuantity}${unit}`] : undefined;
}

function collateralProblem(uri: string): Found | undefined {
  const problem = addressProblem(uri);
  if (problem === undefined) return undefined;
  const why =
    problem === "malformed" ? "is not the address of a collateral, which a row of cast tokens has as its uri" : ADDRESS[problem][1];
  return ["URI_NOT_A_COLLATERAL", `${quote(uri)} ${why}`];
}
