import { MintdError } from "../error.ts";

/** A task that cannot be accepted as it is. Nothing was written. */
export class InvalidTask extends MintdError {
  readonly code = "INVALID_TASK";

  /** @param where which part is meant, e.g. `payload.user`; never its value, which may be secret. */
  constructor(where: string, problem: string, cause?: unknown) {
    super(`${where}: ${problem}`, { cause, hint: "correct it; nothing was written" });
  }
}

/** No task of this id is in the queue; what is done is forgotten after a while. */
export class TaskNotFound extends MintdError {
  readonly code = "TASK_NOT_FOUND";
  constructor(id: string) {
    super(`no compensation task '${id}'`, { hint: "list them: npx hardhat compensation:list" });
  }
}

/** Only dead letters are replayed or discarded. */
export class TaskNotDead extends MintdError {
  readonly code = "TASK_NOT_DEAD";
  constructor(id: string, state: string) {
    super(`compensation task '${id}' is ${state}, not dead`, { hint: "list dead letters: npx hardhat compensation:list --state dead" });
  }
}

/** As many tasks wait, run or lie dead as may, or more calls are on their way to the disk than may be. */
export class TaskQueueFull extends MintdError {
  readonly code = "TASK_QUEUE_FULL";
  constructor(what: string, limit: number) {
    super(`the compensation queue holds ${limit} ${what}, which is the limit`, {
      hint: "find out why tasks are not done (npx hardhat compensation:list), replay or discard dead letters, and try again",
    });
  }
}

/** Another process works on this queue. */
export class TaskQueueInUse extends MintdError {
  readonly code = "TASK_QUEUE_IN_USE";
  constructor(path: string) {
    super(`${path}: another mintd takes tasks from it`, { hint: "stop it; listing, replaying and discarding work beside it" });
  }
}

/** The queue was opened to look and to operate, not to work, or a newer run works on it by now. */
export class TaskQueueNotOurs extends MintdError {
  readonly code = "TASK_QUEUE_NOT_OURS";
  constructor(path: string) {
    super(`${path}: this process may not take tasks from it`, { hint: "open it with role 'worker', in one process" });
  }
}

/** The queue was closed before this call. */
export class TaskQueueClosed extends MintdError {
  readonly code = "TASK_QUEUE_CLOSED";
  constructor() {
    super("the compensation queue is closed", { hint: "open it again; what was accepted is in it" });
  }
}

/** The change could not be made durable: no space, an I/O error, a dead thread. Doubt: it may be found after a restart. */
export class TaskWriteFailed extends MintdError {
  readonly code = "TASK_WRITE_FAILED";
  /** True where this queue object takes no more changes; false where the next one may succeed (space was freed). */
  readonly permanent: boolean;

  constructor(path: string, problem: string, options: { permanent: boolean; cause?: unknown }) {
    super(`${path}: not durable: ${problem}`, {
      cause: options.cause,
      hint: options.permanent
        ? "repair the disk and start again; a task that is put twice is kept once"
        : "free some space and repeat it; a task that is put twice is kept once",
    });
    this.permanent = options.permanent;
  }
}

/** The handler did not come to an end within its time. */
export class TaskTimedOut extends MintdError {
  readonly code = "TASK_TIMED_OUT";
  constructor(kind: string, timeoutMs: number) {
    super(`${kind} did not end within ${timeoutMs} ms`, { hint: "see what it waits for; it is tried again a few times" });
  }
}

/** Tasks of this kind wait and nobody here does them. They are kept. */
export class TaskKindUnknown extends MintdError {
  readonly code = "TASK_KIND_UNKNOWN";
  constructor(kind: string) {
    super(`compensation tasks of kind '${kind}' wait, and this program has no handler for them`, {
      hint: "run the mintd that put them, or a newer one",
    });
  }
}

/** A kind was registered twice, or its time-out is out of range. A fault of the program. */
export class InvalidRegistration extends MintdError {
  readonly code = "INVALID_TASK_KIND";
  constructor(kind: string, problem: string) {
    super(`kind '${kind}' ${problem}`, { hint: "register each kind once, with a time-out of 1 ms to 1 day" });
  }
}

/** So many handlers of a kind have outlived their time that no more of its tasks are begun until some end. */
export class TaskNeverEnds extends MintdError {
  readonly code = "TASK_NEVER_ENDS";
  constructor(kind: string, strays: number) {
    super(`${strays} attempts at tasks of kind '${kind}' went on after they were told to stop`, {
      hint: "see what they wait for; its tasks wait until some of them end, or until mintd is started again",
    });
  }
}

/** The process ended again and again while this task ran; the task may be why. Never thrown: the reason of a dead letter. */
export class TaskCrashedTooOften extends MintdError {
  readonly code = "TASK_CRASHED_TOO_OFTEN";
  constructor(crashes: number) {
    super(`the process ended ${crashes} times while it ran`, { hint: "see why the process ended, then replay or discard it" });
  }
}
