import { parse } from "csv-parse/sync";
import { MAX_RECORD_BYTES, type Line } from "./lines.ts";
import type { ProblemCode } from "./problems.ts";

/** A CSV record, or why there is none. */
export interface CsvRecord {
  /** Physical line on which it starts, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
  readonly flaw?: { readonly code: ProblemCode; readonly message: string };
}

interface RawRecord {
  readonly line: number;
  readonly text: string;
}

/**
 * Joins physical lines into CSV records (RFC 4180: comma, double quotes, quotes inside doubled, line ends inside quotes)
 * and splits those into fields. Lines without any quote, nearly all in practice, are simply split; csv-parse reads the rest.
 *
 * A record is complete once its quotes are even in number. Where quoting is broken, the line on which the record starts is
 * reported and reading goes on with the very next physical line, so that one stray quote never swallows the good rows
 * behind it. What cannot be recovered: a record that was meant to span several lines, of which each further line is then
 * judged as a row of its own; and the rows between two stray quotes that happen to make one well-quoted record, which is
 * reported by its number of fields. Empty lines are ignored.
 */
export class RecordReader {
  /** Lines of a record whose quotes are still open, and their size. */
  #open: Line[] = [];
  #openSize = 0;
  #ready: CsvRecord[] = [];
  /** Complete records with quotes, not yet split; csv-parse is called once for all of them. */
  #quoted: RawRecord[] = [];

  push(lines: readonly Line[]): CsvRecord[] {
    for (const line of lines) this.#take(line);
    return this.#flush();
  }

  end(): CsvRecord[] {
    while (this.#open.length > 0) this.#breakOpen("the quote that opens here is never closed");
    return this.#flush();
  }

  #take(line: Line): void {
    if (this.#open.length > 0) this.#continue(line);
    else this.#start(line);
  }

  #start(line: Line): void {
    if (line.flaw !== undefined) this.#add({ line: line.number, fields: [], flaw: line.flaw });
    else if (line.text === "") return;
    else if (!line.text.includes('"')) this.#add({ line: line.number, fields: line.text.split(",") });
    else if (hasOpenQuote(line.text)) this.#keepOpen(line);
    else this.#quoted.push({ line: line.number, text: line.text });
  }

  #keepOpen(line: Line): void {
    this.#open.push(line);
    this.#openSize += line.text.length + 1;
  }

  #continue(line: Line): void {
    if (line.flaw !== undefined || this.#openSize + line.text.length > MAX_RECORD_BYTES) {
      const why = line.flaw === undefined ? `is not closed within ${MAX_RECORD_BYTES} bytes` : `is not closed before line ${line.number}`;
      this.#breakOpen(`the quote that opens here ${why}`);
      this.#take(line);
      return;
    }
    this.#keepOpen(line);
    if (hasOpenQuote(line.text)) this.#close();
  }

  /** The quotes are even again: it is a record, unless they are in the wrong places. */
  #close(): void {
    const [first] = this.#open;
    if (first === undefined) return;
    const record = { line: first.number, text: this.#open.map(({ text }) => text).join("\n") };
    const flaw = flawOf(record);
    if (flaw !== undefined) {
      this.#breakOpen(flaw);
      return;
    }
    this.#open = [];
    this.#openSize = 0;
    this.#quoted.push(record);
  }

  /** Gives up the first open line and reads the others again from their start. */
  #breakOpen(message: string): void {
    const [first, ...others] = this.#open;
    this.#open = [];
    this.#openSize = 0;
    if (first !== undefined) this.#add({ line: first.number, fields: [], flaw: { code: "BROKEN_QUOTING", message } });
    for (const line of others) this.#take(line);
  }

  #add(record: CsvRecord): void {
    this.#splitQuoted();
    this.#ready.push(record);
  }

  #splitQuoted(): void {
    if (this.#quoted.length === 0) return;
    this.#ready.push(...splitAll(this.#quoted));
    this.#quoted = [];
  }

  #flush(): CsvRecord[] {
    this.#splitQuoted();
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }
}

function hasOpenQuote(text: string): boolean {
  let open = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) open = !open;
  return open;
}

/** All at once, as most files are well quoted and a call of csv-parse costs more than a row; else one by one. */
function splitAll(records: readonly RawRecord[]): CsvRecord[] {
  const rows = tryParse(records.map(({ text }) => text).join("\n"));
  if (Array.isArray(rows) && rows.length === records.length) {
    return records.map(({ line }, i) => ({ line, fields: rows[i] ?? [] }));
  }
  return records.map(splitOne);
}

function splitOne(record: RawRecord): CsvRecord {
  const rows = tryParse(record.text);
  if (Array.isArray(rows) && rows.length === 1) return { line: record.line, fields: rows[0] ?? [] };
  return { line: record.line, fields: [], flaw: { code: "BROKEN_QUOTING", message: flawOf(record) ?? "its quotes do not match" } };
}

function flawOf({ text }: RawRecord): string | undefined {
  const rows = tryParse(text);
  if (!Array.isArray(rows)) return rows.problem;
  return rows.length === 1 ? undefined : "its quotes do not match";
}

function tryParse(text: string): string[][] | { problem: string } {
  try {
    return parse(text, { relax_column_count: true, record_delimiter: "\n" });
  } catch (error) {
    return { problem: error instanceof Error && "code" in error && error.code === "INVALID_OPENING_QUOTE" ? OPENING : MISPLACED };
  }
}

const OPENING = "a quote stands inside a field that does not start with one";
const MISPLACED = "a quote inside a quoted field must be doubled, and only a comma may follow the closing one";
