import { MintdError } from "../src/error.ts";

/** Somebody pressed Ctrl+C or the process was told to end. */
export class Interrupted extends MintdError {
  readonly code = "INTERRUPTED";
  constructor() {
    super("stopped before the end", { hint: "run the same command again: it goes on where it stopped" });
  }
}

/** Calls `stop` on the first SIGINT or SIGTERM; returns the way to listen no more. */
export function stopOnSignal(stop: () => void): () => void {
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  return () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
}

/** The promise's outcome, or the signal's reason if that comes first. */
export async function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    aborted.reject(signal.reason as Error);
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
