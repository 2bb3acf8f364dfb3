/** Why a file could not be opened, read or written. Plain data, since it crosses threads; whoever owns the file makes it an error with a code. */
export interface Fault {
  readonly kind: "corrupt" | "foreign" | "too-new" | "too-old" | "in-use" | "not-found" | "unavailable" | "write" | "write-later";
  readonly problem: string;
  /** For too-new and too-old: the schema version found and the one known here. */
  readonly found?: number;
  readonly known?: number;
}

/** SQLite's primary result codes that we tell apart (sqlite3.h). */
export const SQLITE = { ERROR: 1, BUSY: 5, LOCKED: 6, CORRUPT: 11, FULL: 13, CANTOPEN: 14, CONSTRAINT: 19, NOTADB: 26 } as const;

/** A fault on its way up to the edge of its thread, where it becomes a message. */
export class Refusal extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, cause?: unknown) {
    super(fault.problem, { cause });
    this.fault = fault;
  }
}

/** The primary result code where SQLite threw `error`, otherwise undefined. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** What SQLite's `error` means for somebody who reads or opens. */
export function readFault(error: unknown): Fault {
  if (error instanceof Refusal) return error.fault;
  const problem = describe(error);
  switch (sqliteCode(error)) {
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
    case SQLITE.ERROR: // our own statements are right, so a table or column that they name is missing
      return { kind: "corrupt", problem };
    default:
      return { kind: "unavailable", problem };
  }
}

/**
 * What SQLite's `error` means for a write. A full disk, and a lock that
 * somebody outside holds, are known to leave the file as it was. After a failed fsync the
 * kernel may have dropped the dirty pages and report success next time, so everything else ends this store object.
 */
export function writeFault(error: unknown): Fault {
  const problem = describe(error);
  switch (sqliteCode(error)) {
    case SQLITE.FULL:
    case SQLITE.BUSY:
      return { kind: "write-later", problem };
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return { kind: "corrupt", problem };
    default:
      return { kind: "write", problem };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "errcode" in error && typeof error.errcode === "number" ? ` (SQLite ${error.errcode})` : "";
  return error.message + code;
}
