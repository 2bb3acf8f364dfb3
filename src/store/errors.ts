import { MintdError } from "../error.ts";
import type { StreamId, Version } from "./event-store.ts";

/** Another writer was first: the stream is not where this writer believed it to be. Nothing of this append was written. */
export class VersionConflict extends MintdError {
  readonly code = "VERSION_CONFLICT";
  readonly stream: StreamId;
  readonly expected: Version;
  readonly actual: Version;

  constructor(stream: StreamId, expected: Version, actual: Version) {
    super(`stream ${stream} is at version ${actual}, not ${expected}`, {
      hint: "read the stream again, decide again on what it says now, and append at that version",
    });
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** What was handed in cannot be stored as it is: empty, not JSON, the same stream twice, a malformed name. Nothing was written. */
export class InvalidWrite extends MintdError {
  readonly code = "STORE_INVALID_WRITE";

  /** @param where which part of the input is meant, e.g. `writes[0].events[2].data.user`; never its value, which may be secret. */
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`, { hint: "correct the input; nothing was written" });
  }
}

/** The store was closed before this call, or while this read was under way. */
export class StoreClosed extends MintdError {
  readonly code = "STORE_CLOSED";

  constructor() {
    super("the event store is closed", { hint: "open it again; what was acknowledged is in it" });
  }
}

/** A store opened with `readOnly` was asked to write. */
export class StoreReadOnly extends MintdError {
  readonly code = "STORE_READ_ONLY";

  constructor(path: string) {
    super(`${path} was opened for reading only`, { hint: "open it without readOnly where no other process writes to it" });
  }
}

/** The base of what can be wrong with a store's file; `path` says which file. */
abstract class StoreFileError extends MintdError {
  readonly path: string;

  constructor(path: string, problem: string, options: { cause?: unknown; hint: string }) {
    super(`${path}: ${problem}`, options);
    this.path = path;
  }
}

/** The file is torn or damaged. It was not changed. */
export class StoreCorrupt extends StoreFileError {
  readonly code = "STORE_CORRUPT";

  constructor(path: string, problem: string, cause?: unknown) {
    super(path, `damaged: ${problem}`, { cause, hint: "keep the file and its -wal as they are, and restore a backup under this path" });
  }
}

/** The file is something else: another program's database, or no SQLite file at all. It was not changed. */
export class StoreForeign extends StoreFileError {
  readonly code = "STORE_FOREIGN";

  constructor(path: string, problem: string, cause?: unknown) {
    super(path, `not a mintd store: ${problem}`, {
      cause,
      hint: "check the configured path; mintd never overwrites a file that it did not make",
    });
  }
}

/** A newer mintd wrote this store. It was not changed. */
export class StoreTooNew extends StoreFileError {
  readonly code = "STORE_TOO_NEW";

  constructor(path: string, found: number, known: number) {
    super(path, `its schema is version ${found}; this program knows up to ${known}`, {
      hint: "run the mintd that wrote it, or a newer one",
    });
  }
}

/** An older mintd wrote this store, and a reader may not migrate it. */
export class StoreTooOld extends StoreFileError {
  readonly code = "STORE_TOO_OLD";

  constructor(path: string, found: number, known: number) {
    super(path, `its schema is version ${found}; this program reads version ${known}`, {
      hint: "open it once for writing (start mintd), which migrates it and keeps the data",
    });
  }
}

/** Another process, or another store object of this one, has it open for writing. */
export class StoreInUse extends StoreFileError {
  readonly code = "STORE_IN_USE";

  constructor(path: string) {
    super(path, "already open for writing", { hint: "stop the other mintd, or open with readOnly, which works beside it" });
  }
}

/** There is no store at this path, and a reader does not make one. */
export class StoreNotFound extends StoreFileError {
  readonly code = "STORE_NOT_FOUND";

  constructor(path: string) {
    super(path, "no such file", { hint: "check the path; opening it for writing creates it" });
  }
}

/** The operating system does not let us open or read it: permissions, a directory in its place, an I/O error. */
export class StoreUnavailable extends StoreFileError {
  readonly code = "STORE_UNAVAILABLE";

  constructor(path: string, problem: string, cause?: unknown) {
    super(path, problem, { cause, hint: "check permissions, the disk and the path" });
  }
}

/**
 * The write could not be made durable: no space, an I/O error, a failed fsync, a dead thread. Doubt, not failure: nothing
 * was acknowledged, yet the events may be found after a restart. The expected version settles it when the append is repeated.
 */
export class StoreWriteFailed extends StoreFileError {
  readonly code = "STORE_WRITE_FAILED";
  /** True where this store object takes no more appends; false where the next one may succeed (space was freed). */
  readonly permanent: boolean;

  constructor(path: string, problem: string, options: { permanent: boolean; cause?: unknown }) {
    super(path, `not durable: ${problem}`, {
      cause: options.cause,
      hint: options.permanent
        ? "repair the disk, open the store again, read the stream, and repeat the append at the version found there"
        : "free some space and repeat the append at the same expected version",
    });
    this.permanent = options.permanent;
  }
}
