import { isUtf8 } from "node:buffer";
import { open, type FileHandle } from "node:fs/promises";
import { InvalidMintList, type ProblemCode } from "./problems.ts";

/** Longest physical line and longest record, in bytes; a bound, so that a file without line ends cannot fill the memory. */
export const MAX_RECORD_BYTES = 65_536;

/** Bytes read at a time. */
const CHUNK_BYTES = 65_536;

const LINE_FEED = 0x0a;

/** A physical line without its line end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Why the line cannot be read as text. */
  readonly flaw?: LineFlaw;
}

export interface LineFlaw {
  readonly code: "INVALID_UTF8" | "ROW_TOO_LONG";
  readonly message: string;
}

/**
 * The lines of a file, a chunk's worth at a time; memory does not grow with the file. Lines end with LF or CRLF; a byte
 * order mark at the start is dropped.
 * @throws InvalidMintList with FILE_NOT_FOUND, NOT_A_FILE (a directory or pipe) or FILE_UNREADABLE
 */
export async function* readLines(path: string): AsyncGenerator<Line[]> {
  const file = await openFile(path);
  try {
    const splitter = new LineSplitter();
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) break;
      yield splitter.push(buffer.subarray(0, bytesRead));
    }
    yield splitter.end();
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw fileError(path, error);
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw fileProblem(path, "NOT_A_FILE", "is not a file; a directory or a pipe cannot be read twice");
}

function fileError(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined || error instanceof InvalidMintList) return error;
  if (code === "ENOENT") return fileProblem(path, "FILE_NOT_FOUND", "there is no such file");
  return fileProblem(path, "FILE_UNREADABLE", `cannot be read (${code})`);
}

function fileProblem(path: string, code: ProblemCode, message: string): InvalidMintList {
  return new InvalidMintList(path, [{ code, line: undefined, column: undefined, message }]);
}

/** Cuts chunks of bytes into lines. Pure; `push` gives the lines that are complete, `end` the last one. */
export class LineSplitter {
  #number = 0;
  #rest: Buffer = Buffer.alloc(0);
  /** The line being read is too long already: its bytes are dropped until it ends. */
  #dropping = false;

  push(chunk: Buffer): Line[] {
    const lastEnd = chunk.lastIndexOf(LINE_FEED);
    if (lastEnd < 0) {
      this.#keep(chunk);
      return [];
    }
    const block = Buffer.concat([this.#rest, chunk.subarray(0, lastEnd)]);
    const lines = this.#dropping ? this.#afterDropped(block) : this.#cut(block);
    this.#rest = Buffer.alloc(0);
    this.#keep(chunk.subarray(lastEnd + 1));
    return lines;
  }

  end(): Line[] {
    if (this.#dropping) return [this.#tooLong()];
    return this.#rest.length === 0 ? [] : this.#cut(this.#rest);
  }

  #keep(bytes: Buffer): void {
    if (!this.#dropping) this.#rest = Buffer.concat([this.#rest, bytes]); // copies, as the chunk's memory is used again
    if (this.#rest.length <= MAX_RECORD_BYTES) return;
    this.#rest = Buffer.alloc(0);
    this.#dropping = true;
  }

  #afterDropped(block: Buffer): Line[] {
    this.#dropping = false;
    const end = block.indexOf(LINE_FEED);
    const first = this.#tooLong();
    return end < 0 ? [first] : [first, ...this.#cut(block.subarray(end + 1))];
  }

  #tooLong(): Line {
    this.#number += 1;
    return { number: this.#number, text: "", flaw: { code: "ROW_TOO_LONG", message: `the line has more than ${MAX_RECORD_BYTES} bytes` } };
  }

  #cut(block: Buffer): Line[] {
    if (!isUtf8(block)) return this.#cutWithFlaws(block);
    return block
      .toString("utf8")
      .split("\n")
      .map((text) => this.#line(text));
  }

  /** The slow way, for blocks in which some line is not UTF-8. */
  #cutWithFlaws(block: Buffer): Line[] {
    const lines: Line[] = [];
    for (let start = 0; start <= block.length;) {
      const found = block.indexOf(LINE_FEED, start);
      const end = found < 0 ? block.length : found;
      const bytes = block.subarray(start, end);
      const line = this.#line(bytes.toString("utf8"));
      lines.push(isUtf8(bytes) ? line : { ...line, flaw: { code: "INVALID_UTF8", message: describeBadByte(bytes) } });
      start = end + 1;
    }
    return lines;
  }

  #line(raw: string): Line {
    const unmarked = this.#number === 0 && raw.startsWith("\ufeff") ? raw.slice(1) : raw;
    if (unmarked.length > MAX_RECORD_BYTES) return this.#tooLong();
    this.#number += 1;
    return { number: this.#number, text: unmarked.endsWith("\r") ? unmarked.slice(0, -1) : unmarked };
  }
}

function describeBadByte(line: Buffer): string {
  const offset = firstBadByte(line);
  const value = (line[offset] ?? 0).toString(16).padStart(2, "0");
  return `byte ${offset + 1} of the line (0x${value}) is not UTF-8; save the file as UTF-8`;
}

/** Index of the first byte that no valid UTF-8 text could have there: the longest valid prefix, by bisection. */
function firstBadByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    if (isPrefixOfUtf8(bytes.subarray(0, middle))) good = middle;
    else bad = middle - 1;
  }
  return good;
}

/** True also where the last character is cut off by the end of the prefix. */
function isPrefixOfUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false; // not an error here: it is the answer
  }
}
